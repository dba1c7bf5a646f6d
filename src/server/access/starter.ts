import { hasRole, type Project, type Role } from '../../access/index.ts'
import type { ArtifactRules, Pipeline } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'

const LEAST: Readonly<Record<Exclude<ArtifactRules['access'], 'none'>, Role>> = {
  all: 'reader',
  developer: 'developer',
  maintainer: 'maintainer',
}

/** Whether a role may take what a job keeps for `access`. */
export function mayTake(access: ArtifactRules['access'], role: Role | undefined): boolean {
  return access !== 'none' && role !== undefined && hasRole(role, LEAST[access])
}

/** Role in a project of whoever started a pipeline; undefined where there is none. */
export async function roleOfStarter(
  { stores: { access } }: Pick<ControlPlane, 'stores'>,
  { principal }: Pick<Pipeline, 'principal'>,
  project: Project,
): Promise<Role | undefined> {
  if ((await access.principal(principal))?.admin === true) return 'admin'
  return access.roleOf(principal, project.id)
}
