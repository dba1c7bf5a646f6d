import type { Hdf5Dataset, Hdf5File, Hdf5Group } from '../../hdf5/index.ts'
import { fail } from '../failures.ts'
import { MAX_PIECES, MAX_WEIGHT_NAMES } from '../limits.ts'

/**
 * Datasets in the order in which a legacy file's `layer_names` and `weight_names` list them, then the others.
 * Lists over 64 KB are split over `weight_names0`, `weight_names1` …
 */
export async function inListedOrder(
  file: Hdf5File,
  roots: readonly string[],
  datasets: readonly Hdf5Dataset[],
): Promise<readonly Hdf5Dataset[]> {
  const listed = new Map<string, number>()
  const add = async (group: Hdf5Group): Promise<void> => {
    for (const name of await listOf(group, 'weight_names', file.name)) {
      const path = group.path === '' ? name : `${group.path}/${name}`
      if (!listed.has(path)) listed.set(path, listed.size)
      if (listed.size > MAX_WEIGHT_NAMES)
        throw fail.limit({ name: file.name }, `over ${MAX_WEIGHT_NAMES} weights are listed`)
    }
  }
  for (const root of roots) {
    const group = await file.open(root)
    if (group?.kind !== 'group') continue
    await add(group)
    const children = new Map((await group.links()).map(link => [link.name, link]))
    for (const name of await listOf(group, 'layer_names', file.name)) {
      const link = children.get(name)
      const layer = link?.kind === 'hard' ? await file.follow(link, group.path) : undefined
      if (layer?.kind === 'group') await add(layer)
    }
  }
  const place = (dataset: Hdf5Dataset): number => listed.get(dataset.path) ?? listed.size
  return datasets.toSorted((a, b) => place(a) - place(b))
}

/**
 * The datasets of each layer of a legacy file's top model, in the order of its `weight_names`: that of the layer's
 * weights, trainable ones first, those of models within it included.
 */
export async function listedWeights(
  file: Hdf5File,
  root: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const listed = new Map<string, readonly string[]>()
  const group = await file.open(root)
  if (group?.kind !== 'group') return listed
  let total = 0
  for (const name of await listOf(group, 'layer_names', file.name)) {
    const path = group.path === '' ? name : `${group.path}/${name}`
    const layer = await file.open(path)
    if (layer?.kind !== 'group') continue
    const names = await listOf(layer, 'weight_names', file.name)
    total += names.length
    if (total > MAX_WEIGHT_NAMES)
      throw fail.limit({ name: file.name }, `over ${MAX_WEIGHT_NAMES} weights are listed`)
    listed.set(
      name,
      names.map(weight => `${layer.path}/${weight}`),
    )
  }
  return listed
}

/** A list of texts in one attribute, or in numbered pieces. */
async function listOf(group: Hdf5Group, name: string, file: string): Promise<readonly string[]> {
  const attributes = new Map((await group.attributes()).map(attribute => [attribute.name, attribute]))
  const found: string[] = []
  const whole = attributes.get(name)
  const pieces = whole ? [whole] : []
  for (let i = 0; !whole && attributes.has(`${name}${i}`); i++) {
    if (i >= MAX_PIECES) throw fail.limit({ name: file }, `${name} is split into over ${MAX_PIECES} pieces`)
    pieces.push(attributes.get(`${name}${i}`)!)
  }
  for (const piece of pieces) {
    const value = await piece.value()
    if (Array.isArray(value)) for (const text of value) if (typeof text === 'string') found.push(text)
  }
  return found
}
