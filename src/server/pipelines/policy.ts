import {
  type BoundedRequest,
  boundRequest,
  defaultPolicy,
  type EnvironmentPolicy,
  type Project,
} from '../../access/index.ts'
import type { EnvironmentRequest } from '../../config/index.ts'
import type { ControlPlane } from '../control-plane.ts'

/** The environment's policy: what was set for it, else the default. */
export async function policyOf(
  plane: Pick<ControlPlane, 'stores'>,
  project: Project,
  environment: string,
): Promise<EnvironmentPolicy> {
  return (
    (await plane.stores.access.policy(project.id, environment)) ??
    defaultPolicy(environment, project.defaultBranch)
  )
}

/** What a file's request gets under the policy in force. */
export async function boundFor(
  plane: ControlPlane,
  project: Project,
  { name, approve, steps, strategy }: EnvironmentRequest,
  branch: string,
): Promise<{ readonly policy: EnvironmentPolicy; readonly bounded: BoundedRequest }> {
  const policy = await policyOf(plane, project, name)
  return { policy, bounded: boundRequest(policy, { branch, approve, steps, strategy }) }
}
