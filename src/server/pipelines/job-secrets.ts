import type { Project } from '../../access/index.ts'
import type { Job, Pipeline } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'

/**
 * The project's secrets, opened, for a job that may have them: a script on the default branch. What is pushed to
 * another branch or tag has not been taken up by the project and gets none; stages need none. Throws VAULT_SEALED.
 */
export async function jobSecrets(
  { stores, vault }: Pick<ControlPlane, 'stores' | 'vault'>,
  pipeline: Pipeline,
  job: Job,
  project: Project,
): Promise<Readonly<Record<string, string>>> {
  if (job.plan.work.kind !== 'script') return {}
  if (pipeline.ref !== `refs/heads/${project.defaultBranch}`) return {}
  const values: Record<string, string> = {}
  for (const { name, sealed } of await stores.access.secrets(project.id))
    values[name] = await vault.unseal(project.id, name, sealed)
  return values
}
