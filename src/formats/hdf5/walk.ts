import { fail } from './failures.ts'
import type { Hdf5Link } from './group/link.ts'
import { MAX_DEPTH, MAX_OBJECTS } from './limits.ts'
import type { Hdf5Dataset, Hdf5File, Hdf5Group, Hdf5Object } from './open.ts'

/** A link that is not followed by the walk: to another name, another file, or to an object that was met before. */
export interface LooseLink {
  readonly path: string
  readonly link: Hdf5Link
}

/** Everything in a file, each object once, under the first name by which it is met; groups before what they hold. */
export interface Contents {
  readonly groups: readonly Hdf5Group[]
  readonly datasets: readonly Hdf5Dataset[]
  readonly links: readonly LooseLink[]
}

/**
 * Walks all hard links, depth first, by name. Objects under several names, cycles
 * among them, come once; further names are in `links`. `visit` gets
 * each as it is met, while its bytes are at hand. Throws FORMAT_LIMIT above `MAX_OBJECTS` or `MAX_DEPTH`.
 */
export async function walkHdf5(
  file: Hdf5File,
  visit?: (object: Hdf5Object) => Promise<void>,
): Promise<Contents> {
  const groups: Hdf5Group[] = []
  const datasets: Hdf5Dataset[] = []
  const links: LooseLink[] = []
  const seen = new Set<number>()
  const enter = async (object: Hdf5Object): Promise<void> => {
    seen.add(object.address)
    if (object.kind === 'dataset') datasets.push(object)
    if (object.kind === 'group') groups.push(object)
    await visit?.(object)
  }
  await enter(file.root)
  const pending: { link: Hdf5Link; parent: Hdf5Group; depth: number }[] = []
  const list = async (parent: Hdf5Group, depth: number): Promise<void> => {
    if (depth > MAX_DEPTH) throw fail.limit({ name: file.name }, `groups are nested over ${MAX_DEPTH} deep`)
    for (const link of (await parent.links()).toReversed()) pending.push({ link, parent, depth })
  }
  await list(file.root, 1)
  let met = 0
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { link, parent, depth } = next
    if (++met > MAX_OBJECTS) throw fail.limit({ name: file.name }, `it has over ${MAX_OBJECTS} links`)
    if (link.kind !== 'hard' || seen.has(link.address)) {
      links.push({ path: parent.path === '' ? link.name : `${parent.path}/${link.name}`, link })
      continue
    }
    const object = await file.follow(link, parent.path)
    await enter(object)
    if (object.kind === 'group') await list(object, depth + 1)
  }
  return { groups, datasets, links }
}
