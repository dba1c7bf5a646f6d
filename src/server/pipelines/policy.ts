import {
  type BoundedRequest,
  boundRequest,
  defaultPolicy,
  type EnvironmentPolicy,
  type Project,
} from '../../access/index.ts'
import type { EnvironmentRequest } from '../../config/index.ts'
import type { ProjectId } from '../../core/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { isPreview, PREVIEW } from '../delivery/previews/name.ts'

/** What was set for an environment: for a preview, unless it has one of its own, what was set for all of them. */
export async function storedPolicy(
  { stores }: Pick<ControlPlane, 'stores'>,
  project: ProjectId,
  environment: string,
): Promise<EnvironmentPolicy | undefined> {
  const own = await stores.access.policy(project, environment)
  return own ?? (isPreview(environment) ? stores.access.policy(project, PREVIEW) : undefined)
}

/** The environment's policy: what was set for it, else the default. */
export async function policyOf(
  plane: Pick<ControlPlane, 'stores'>,
  project: Project,
  environment: string,
): Promise<EnvironmentPolicy> {
  return (
    (await storedPolicy(plane, project.id, environment)) ?? defaultPolicy(environment, project.defaultBranch)
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
