import { groupOf, groupScope, type Principal, type Project, parseProjectName } from '../access/index.ts'
import { newId } from '../core/index.ts'
import { createRepository, removeRepository } from '../git/index.ts'
import type { ControlPlane } from './control-plane.ts'
import { ServerError } from './errors.ts'
import { repositoryDirectory } from './repositories.ts'

/**
 * Makes a project with its bare repository; whoever makes it is its admin. The repository comes first: a crash
 * in between leaves a folder that nobody names, never a project without a repository. In a group that has secrets
 * only an admin makes one: its jobs would have them.
 */
export async function createProject(
  plane: ControlPlane,
  name: string,
  by: Principal,
  defaultBranch = 'main',
): Promise<Project> {
  const project: Project = {
    id: newId('project'),
    name: parseProjectName(name),
    defaultBranch,
    createdAt: plane.clock.now(),
  }
  await checkGroup(plane, project.name, by)
  const directory = repositoryDirectory(plane.settings, project.id)
  await createRepository(directory, defaultBranch)
  try {
    await plane.stores.access.addProject(project)
  } catch (error) {
    await removeRepository(directory)
    throw error
  }
  if (!by.admin) await plane.stores.access.setRole(by.id, project.id, 'admin')
  plane.changes.tell({ kind: 'project', project: project.id })
  return project
}

async function checkGroup(plane: ControlPlane, name: string, by: Principal): Promise<void> {
  const group = groupOf(name)
  if (by.admin || group === undefined) return
  if ((await plane.stores.access.secrets(groupScope(group))).length === 0) return
  throw new ServerError('FORBIDDEN', {
    message: `The group ${group} has secrets that every project in it gets: only an admin makes one there`,
    hint: 'Ask an admin of the server, or choose a name outside the group.',
  })
}

/**
 * Deletes a project with everything of it, its repository last: a crash in between leaves a folder that nobody
 * names.
 */
export async function deleteProject(plane: ControlPlane, project: Project): Promise<void> {
  await plane.stores.access.removeProject(project.id)
  plane.changes.tell({ kind: 'project', project: project.id })
  await removeRepository(repositoryDirectory(plane.settings, project.id))
}
