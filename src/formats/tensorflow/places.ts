import type { Placer, TensorPlace } from '../ports.ts'
import { Wire } from '../protobuf/wire.ts'
import { readBundleIndex } from './bundle/bundle.ts'
import type { BundleEntry } from './bundle/entry.ts'
import { shardPath } from './bundle/shards.ts'
import { sliceKey } from './bundle/slice-key.ts'
import { storedDtype } from './dtypes.ts'
import { tensorflowFailures } from './failures.ts'
import { constantsOf } from './graphdef/constants.ts'
import { readGraph } from './graphdef/graph.ts'
import { readMetaGraph } from './savedmodel/meta-graph.ts'
import { savedModelConstants } from './savedmodel/open.ts'
import type { StoredTensor } from './tensors.ts'

const INDEX = /\.index$/
const fail = tensorflowFailures('TensorFlow file', 'Save the model again with TensorFlow.')

/** Constants of a frozen graph: tensor_content, and floating-point numbers that are packed in one run. */
export const placeGraphDef: Placer = async ({ source }) => {
  const wire = new Wire(source, fail.wire)
  return placesOf(constantsOf(wire, await readGraph(wire, wire.whole, fail), fail, []))
}

export const placeMetaGraph: Placer = async ({ source }) => {
  const wire = new Wire(source, fail.wire)
  const { graph } = await readMetaGraph(wire, wire.whole, fail)
  return placesOf(constantsOf(wire, graph, fail, []))
}

/** The constants in `saved_model.pb`; `variables.index` tells of the variables. */
export const placeSavedModel: Placer = async ({ source }) => placesOf(await savedModelConstants(source))

async function placesOf(tensors: readonly StoredTensor[]): Promise<TensorPlace[]> {
  const places: TensorPlace[] = []
  for (const { info, place } of tensors) {
    const range = await place?.()
    if (!range) continue
    const { name, dtype, shape } = info
    places.push({ name, dtype, shape, offset: range.start, bytes: range.end - range.start })
  }
  return places
}

/** What an `.index` says of the `.data-…` files beside it, which need not be there. Tensors have their keys. */
export const placeCheckpoint: Placer = async ({ source, path }) => {
  const { header, entries, parts } = await readBundleIndex(source, fail)
  const prefix = path.replace(INDEX, '')
  const places: TensorPlace[] = []
  const add = (name: string, { dtype: number, shape, shard, offset, size }: BundleEntry): void => {
    const { dtype, bytes } = storedDtype(number) ?? { dtype: 'unknown' as const }
    if (dtype === 'string' || dtype === 'object') return
    places.push({
      name,
      dtype,
      shape,
      path: shardPath(prefix, shard, header.shards),
      offset,
      bytes: size,
      ...(header.bigEndian && bytes !== 1 && { bigEndian: true }),
    })
  }
  for (const [key, entry] of entries) {
    if (entry.slices.length === 0) add(key, entry)
    for (const slice of entry.slices) {
      const part = parts.get(sliceKey(key, slice))
      if (part) add(`${key}[${slice.map(({ start }) => start).join(',')}]`, part)
    }
  }
  return places
}
