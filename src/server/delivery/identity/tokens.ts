import type { Project } from '../../../access/index.ts'
import type { Job, Pipeline } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { claimsOf } from './claims.ts'
import { signToken } from './keys.ts'

/**
 * The identity tokens that a job asks for, by the variables that hold them: made for one attempt as it is offered,
 * kept nowhere. Variables in an audience are replaced by `expand`. Throws VAULT_SEALED.
 */
export async function identityTokens(
  plane: Pick<ControlPlane, 'stores' | 'vault' | 'clock' | 'settings'>,
  pipeline: Pipeline,
  job: Job,
  project: Project,
  { runner, expand }: { readonly runner: string; expand(text: string): string },
): Promise<Readonly<Record<string, string>>> {
  const tokens = new Map<string, string>()
  for (const { variable, audience } of job.plan.idTokens ?? []) {
    const [first = '', ...others] = audience.map(expand)
    const aud = others.length === 0 ? first : [first, ...others]
    const claims = await claimsOf(plane, pipeline, job, project, runner)
    tokens.set(variable, await signToken(plane, { ...claims, aud }))
  }
  return Object.fromEntries(tokens)
}
