import type { Range, Wire } from '../../protobuf/wire.ts'
import type { TensorflowFailures } from '../failures.ts'
import { readGraph, type TensorflowGraph } from '../graphdef/graph.ts'
import { MAX_NAME_BYTES } from '../limits.ts'
import { type Collections, readAsset, readCollection } from './collections.ts'
import { readSavedObjects, type SavedObjects } from './saved-objects.ts'
import { readSignature, type SignatureDef } from './signature.ts'

/** One of a SavedModel's graphs, told apart by tags. */
export interface MetaGraph {
  readonly tags: readonly string[]
  readonly tensorflowVersion: string
  readonly graph: TensorflowGraph
  readonly signatures: readonly SignatureDef[]
  readonly collections: Collections
  readonly saver: Saver
  readonly objects: SavedObjects | undefined
}

/** Names of the nodes that write and read checkpoints. */
export interface Saver {
  readonly filename: string
  readonly save: string
  readonly restore: string
}

const MAX_SIGNATURES = 10_000
const MAX_TAGS = 1000
/** Fields that a MetaGraphDef has once. */
const SINGLE = new Set([1, 2, 3, 7])

/**
 * A MetaGraphDef: 1 meta_info_def, 2 graph_def, 3 saver_def, 4 collection_def, 5 signature_def, 6 asset_file_def,
 * 7 object_graph_def.
 */
export async function readMetaGraph(wire: Wire, range: Range, fail: TensorflowFailures): Promise<MetaGraph> {
  let info = { tags: [] as string[], tensorflowVersion: '' }
  let graph: TensorflowGraph = { nodes: [], functions: [], producer: 0 }
  let saver: Saver = { filename: '', save: '', restore: '' }
  let objects: SavedObjects | undefined
  const signatures: SignatureDef[] = []
  const collections: Collections = {
    trainable: undefined,
    variables: new Set(),
    initializers: [],
    assets: [],
  }
  const place = { name: wire.source.name, offset: range.start }
  const seen = new Set<number>()
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    // Protobuf would merge them, and readers do it in different ways.
    if (SINGLE.has(field.number) && seen.has(field.number))
      throw fail.malformed(place, `a graph has its field ${field.number} twice`)
    seen.add(field.number)
    if (field.number === 1) info = await readInfo(wire, field.range, fail)
    else if (field.number === 2) graph = await readGraph(wire, field.range, fail)
    else if (field.number === 3) saver = await readSaver(wire, field.range)
    else if (field.number === 4) await readCollection(wire, field.range, collections)
    else if (field.number === 5) {
      signatures.push(await readSignature(wire, field.range, fail))
      if (signatures.length > MAX_SIGNATURES)
        throw fail.limit(place, `more than ${MAX_SIGNATURES} signatures`)
    } else if (field.number === 6) collections.assets.push(await readAsset(wire, field.range))
    else if (field.number === 7) objects = await readSavedObjects(wire, field.range, fail)
  })
  signatures.sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)))
  return { ...info, graph, signatures, collections, saver, objects }
}

/** Of several graphs the one that serving takes; undefined where there is none. */
export function chooseGraph<T extends Pick<MetaGraph, 'tags'>>(graphs: readonly T[]): T | undefined {
  const serving = graphs.filter(({ tags }) => tags.includes('serve'))
  return serving.find(({ tags }) => tags.length === 1) ?? serving[0] ?? graphs[0]
}

/** A MetaInfoDef: 4 tags, 5 tensorflow_version. */
export async function readInfo(
  wire: Wire,
  range: Range,
  fail: TensorflowFailures,
): Promise<{ tags: string[]; tensorflowVersion: string }> {
  const info = { tags: [] as string[], tensorflowVersion: '' }
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 5)
      info.tensorflowVersion = await wire.text(field.range, MAX_NAME_BYTES, "TensorFlow's version")
    if (field.number !== 4) return
    info.tags.push(await wire.text(field.range, MAX_NAME_BYTES, 'a tag'))
    if (info.tags.length > MAX_TAGS)
      throw fail.limit(
        { name: wire.source.name, offset: range.start },
        `a graph has more than ${MAX_TAGS} tags`,
      )
  })
  return info
}

/** A SaverDef: 1 filename_tensor_name, 2 save_tensor_name, 3 restore_op_name. */
export async function readSaver(wire: Wire, range: Range): Promise<Saver> {
  const names = ['', '', '']
  await wire.walk(range, async field => {
    if (field.kind === 'bytes' && field.number <= 3)
      names[field.number - 1] = await wire.text(field.range, MAX_NAME_BYTES, 'the name of a node')
  })
  const [filename = '', save = '', restore = ''] = names
  return { filename, save, restore }
}
