import type { ByteSource } from '../../../core/index.ts'
import type { ModelInput } from '../../ports.ts'
import { Wire } from '../../protobuf/wire.ts'
import { parametersOf } from '../../tensors.ts'
import { readBundleIndex } from '../bundle/bundle.ts'
import type { BundleReading } from '../bundle/read.ts'
import { openShards, type Shards } from '../bundle/shards.ts'
import { type TensorflowFailures, tensorflowFailures } from '../failures.ts'
import { constantsOf } from '../graphdef/constants.ts'
import { refuseText } from '../graphdef/open.ts'
import { tensorflowHazards } from '../hazards/find.ts'
import type { TensorflowHazard } from '../hazards/types.ts'
import type { TensorflowModel } from '../model.ts'
import { readersOf, type StoredTensor } from '../tensors.ts'
import { type Variables, variablesOf } from '../variables.ts'
import { describeSavedModel } from './describe.ts'
import { checkAsset, type ModelFolder, modelFolder } from './files.ts'
import { readKerasMetadata } from './keras-metadata.ts'
import { chooseGraph, type MetaGraph, readMetaGraph } from './meta-graph.ts'

const FORMAT = 'TensorFlow SavedModel'
const fail: TensorflowFailures = tensorflowFailures(FORMAT, 'Save the model again with TensorFlow.')

/** Graphs of one model; real ones have one to three. */
const MAX_META_GRAPHS = 100
const INDEX = 'variables/variables.index'

/**
 * A SavedModel of TensorFlow 1 or 2: `saved_model.pb` with its folder. Describes the graph that serving takes
 * (tag `serve`), and the signatures of all. Tensors are the variables, and the larger constants of the graph.
 */
export async function openSavedModel(input: ModelInput): Promise<TensorflowModel> {
  await refuseText(input.source)
  const wire = new Wire(input.source, fail.wire)
  const metaGraphs = await readMetaGraphs(wire)
  const main = mainOf(metaGraphs)
  for (const { collections } of metaGraphs)
    for (const { file } of collections.assets) checkAsset(file, input.source.name, fail)
  const assets = main.collections.assets.map(({ file }) => `assets/${file}`)
  const folder = await modelFolder(input, [INDEX, 'fingerprint.pb', 'keras_metadata.pb', ...assets])
  const stored = await openVariables(input, folder, main)
  try {
    const taken = stored?.variables.tensors.map(({ info }) => info.name) ?? []
    const constants = constantsOf(wire, main.graph, fail, taken)
    const tensors = [...(stored?.variables.tensors ?? []), ...constants]
    const infos = tensors.map(({ info }) => info)
    const counted = infos.filter(({ name }) => !stored?.variables.copies.has(name))
    const known = new Map([...folder.files, ...(stored?.shards.files ?? [])].map(file => [file.path, file]))
    const file = describeSavedModel({
      input,
      files: Array.from(known.values()),
      main,
      metaGraphs,
      tensors: infos,
      parameters: parametersOf(counted),
      copies: stored?.variables.copies.size ?? 0,
      keras: await kerasOf(folder),
    })
    return {
      file,
      ...readersOf(input.source.name, FORMAT, tensors),
      hazards: metaGraphs.flatMap(hazardsOf),
      close: async () => stored?.shards.close(),
    }
  } catch (cause) {
    await stored?.shards.close()
    throw cause
  }
}

/** What the ops of a graph do beyond it. */
export function hazardsOf({ graph, signatures, collections, saver }: MetaGraph): TensorflowHazard[] {
  const ends = signatures.flatMap(({ inputs, outputs }) => [...inputs, ...outputs])
  const roots = [...ends.map(({ name, tensor }) => tensor ?? name), ...collections.initializers]
  return tensorflowHazards({ graph, roots, saver, assets: collections.assets.map(({ tensor }) => tensor) })
}

/** A SavedModel: 1 saved_model_schema_version, 2 meta_graphs. */
async function readMetaGraphs(wire: Wire): Promise<MetaGraph[]> {
  const metaGraphs: MetaGraph[] = []
  const place = { name: wire.source.name }
  await wire.walk(wire.whole, async field => {
    if (field.kind === 'varint' && field.number === 1 && field.value > 1n)
      throw fail.unsupported(place, `the schema version ${field.value} is not 1, the only one that there is`)
    if (field.kind !== 'bytes' || field.number !== 2) return
    metaGraphs.push(await readMetaGraph(wire, field.range, fail))
    if (metaGraphs.length > MAX_META_GRAPHS) throw fail.limit(place, `more than ${MAX_META_GRAPHS} graphs`)
  })
  return metaGraphs
}

/** The constants of the graph that serving takes, which lie in `saved_model.pb` itself. Throws as `openSavedModel`. */
export async function savedModelConstants(source: ByteSource): Promise<readonly StoredTensor[]> {
  const wire = new Wire(source, fail.wire)
  return constantsOf(wire, mainOf(await readMetaGraphs(wire)).graph, fail, [])
}

function mainOf(metaGraphs: readonly MetaGraph[]): MetaGraph {
  const main = chooseGraph(metaGraphs)
  if (main) return main
  throw fail.malformed({ name: 'saved_model.pb' }, 'the file has no graph')
}

async function openVariables(
  input: ModelInput,
  folder: ModelFolder,
  { objects, collections }: MetaGraph,
): Promise<{ variables: Variables; shards: Shards } | undefined> {
  const source = await folder.open(INDEX)
  if (!source) return undefined
  let shards: Shards | undefined
  try {
    const index = await readBundleIndex(source, fail)
    shards = await openShards(input.tree, folder.path('variables/variables'), index.header.shards)
    const reading: BundleReading = { index, shards, fail, name: source.name }
    const variables = await variablesOf(reading, {
      trainable: (key, node) => {
        if (node !== undefined && objects) return objects.trainable.get(node)
        if (!collections.trainable || !collections.variables.has(key)) return undefined
        return collections.trainable.has(key)
      },
    })
    return { variables, shards }
  } catch (cause) {
    await shards?.close()
    throw cause
  } finally {
    await source.close()
  }
}

async function kerasOf(folder: ModelFolder) {
  const source = await folder.open('keras_metadata.pb')
  if (!source) return undefined
  try {
    return await readKerasMetadata(source, fail)
  } finally {
    await source.close()
  }
}
