import { chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Confinement, Executor, Places } from '../executors/executor.ts'

/** Makes the places of a job below `folder`, or where the executor must have them; gives also what to remove. */
export async function makePlaces(
  executor: Executor,
  folder: string,
  name: string,
): Promise<{ readonly root: string; readonly places: Places }> {
  const root = join(executor.placesRoot ?? folder, name)
  await mkdir(root, { recursive: true, mode: executor.placesRoot ? 0o711 : 0o700 })
  const place = (name: string): string => join(root, name)
  const places: Places = {
    workspace: place('workspace'),
    home: place('home'),
    tmp: place('tmp'),
    given: place('given'),
    out: place('out'),
  }
  await Promise.all(Object.values(places).map(path => mkdir(path, { mode: 0o700 })))
  return { root, places }
}

/** Gives the places to the job's user, where that is another. What is laid into them later must be given too. */
export async function ownPlaces(
  executor: Executor,
  places: Places,
  confinement: Confinement,
): Promise<number | undefined> {
  const owner = executor.owner(confinement)
  if (owner !== undefined) await Promise.all(Object.values(places).map(place => chown(place, owner, owner)))
  return owner
}
