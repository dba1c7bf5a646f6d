import { type Principal, type Project, parseProjectName } from '../access/index.ts'
import { newId } from '../core/index.ts'
import { createRepository, removeRepository } from '../git/index.ts'
import type { ControlPlane } from './control-plane.ts'
import { repositoryDirectory } from './repositories.ts'

/**
 * Makes a project with its bare repository; whoever makes it is its admin. The repository comes first: a crash
 * in between leaves a folder that nobody names, never a project without a repository.
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

/**
 * Deletes a project with everything of it, its repository last: a crash in between leaves a folder that nobody
 * names.
 */
export async function deleteProject(plane: ControlPlane, project: Project): Promise<void> {
  await plane.stores.access.removeProject(project.id)
  plane.changes.tell({ kind: 'project', project: project.id })
  await removeRepository(repositoryDirectory(plane.settings, project.id))
}
