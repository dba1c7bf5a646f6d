import type { Project } from '../../access/index.ts'
import type { GivenVariable } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'

/** Variables that project and group set beside the files, as far as they reach this ref. */
export async function givenVariables(
  _plane: ControlPlane,
  _project: Project,
  _ref: string,
): Promise<readonly GivenVariable[]> {
  return []
}
