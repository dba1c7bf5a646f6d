import type { Project, Right } from '../../access/index.ts'
import { nearestName } from '../../core/index.ts'
import type { Version } from '../../registry/index.ts'
import type { Caller } from '../access/authenticate.ts'
import { ServerError } from '../errors.ts'
import { resolveVersion } from '../registry/versions/names.ts'
import type { Services } from '../services.ts'
import { modelFor } from './find.ts'

/** Projects that the caller may read. */
export async function readableProjects(
  { plane, authenticator }: Services,
  caller: Caller,
): Promise<readonly Project[]> {
  const readable: Project[] = []
  for (const project of await plane.stores.access.projects())
    if (await authenticator.may(caller, 'project.read', project)) readable.push(project)
  return readable
}

/** As `modelFor`; where there is none, names the nearest of those that the caller may read. */
export async function namedModel(
  services: Services,
  caller: Caller,
  model: string,
  right: Right = 'project.read',
): Promise<Project> {
  try {
    return await modelFor(services, caller, model, right)
  } catch (error) {
    if (!(error instanceof ServerError) || error.code !== 'NOT_FOUND') throw error
    const names: string[] = []
    for (const { id } of await readableProjects(services, caller))
      names.push(...(await services.plane.stores.versions.modelsOf(id)))
    const nearest = nearestName(model, names)
    if (nearest === undefined) throw error
    throw new ServerError('NOT_FOUND', { message: error.message, hint: `Did you mean '${nearest}'?` })
  }
}

/** A version of a model by any of its names, and whose it is. */
export async function namedVersion(
  services: Services,
  caller: Caller,
  model: string,
  name: string,
  right: Right = 'project.read',
): Promise<{ readonly version: Version; readonly project: Project }> {
  const project = await namedModel(services, caller, model, right)
  return { version: await resolveVersion(services.plane.stores, model, name), project }
}
