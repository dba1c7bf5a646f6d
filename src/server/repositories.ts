import { join } from 'node:path'
import type { ProjectId } from '../core/index.ts'
import type { ServerSettings } from './control-plane.ts'

/** Named by id, not by name: renaming a project moves nothing, and no name becomes a path. */
export function repositoryDirectory(settings: Pick<ServerSettings, 'dataDir'>, project: ProjectId): string {
  return join(settings.dataDir, 'repositories', `${project}.git`)
}
