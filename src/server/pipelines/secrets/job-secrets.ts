import type { Project } from '../../../access/index.ts'
import type { Job, Pipeline } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { givenVariables, type SecretVariable } from '../starting/given.ts'

export type { SecretVariable } from '../starting/given.ts'

/**
 * Those that a job may have: a script. What is pushed to a ref that is not protected has not been taken up by the
 * project and gets none but those that are for every ref; stages need none. Throws VAULT_SEALED.
 */
export async function jobSecrets(
  plane: Pick<ControlPlane, 'stores' | 'vault'>,
  pipeline: Pipeline,
  job: Job,
  project: Project,
): Promise<readonly SecretVariable[]> {
  if (job.plan.work.kind !== 'script') return []
  // A ref that was protected since: what was pushed before that has been taken up by nobody.
  const trusted = pipeline.trigger?.protectedRef !== false
  return givenVariables(plane, project, { ref: pipeline.ref, trusted }, job.plan.environment?.name)
}
