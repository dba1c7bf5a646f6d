import { defaultPolicy, type EnvironmentPolicy, type Project } from '../../access/index.ts'
import type { ControlPlane } from '../control-plane.ts'

/** The environment's policy: what was set for it, else the default. */
export async function policyOf(
  plane: ControlPlane,
  project: Project,
  environment: string,
): Promise<EnvironmentPolicy> {
  return (
    (await plane.stores.access.policy(project.id, environment)) ??
    defaultPolicy(environment, project.defaultBranch)
  )
}
