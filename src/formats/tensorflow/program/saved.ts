import type { ModelInput, OpenModel } from '../../ports.ts'
import { type Range, Wire } from '../../protobuf/wire.ts'
import { type TensorflowFailures, tensorflowFailures } from '../failures.ts'
import { nodeOf } from '../graphdef/names.ts'
import { type Collections, readAsset, readCollection } from '../savedmodel/collections.ts'
import { chooseGraph, readInfo, readSaver } from '../savedmodel/meta-graph.ts'
import { readSignature, type SignatureDef } from '../savedmodel/signature.ts'
import type { StoredTensor } from '../tensors.ts'
import { functionsOf } from './frozen.ts'
import { type GraphParts, readGraphParts } from './graph.ts'
import type { TensorflowProgram } from './types.ts'

const fail: TensorflowFailures = tensorflowFailures(
  'TensorFlow SavedModel',
  'Save the model again with TensorFlow.',
)

/** How the node that fills the tables is found among the signatures. */
const INITIALIZER = '__saved_model_init_op'
const PRIVATE = '__saved_model_'

/** The program of a SavedModel's graph that serving takes. `model` is the opened one: its tensors are read from it. */
export async function savedProgram(
  model: Pick<OpenModel, 'file' | 'readTensor' | 'readText'>,
  input: ModelInput,
): Promise<TensorflowProgram> {
  const wire = new Wire(input.source, fail.wire)
  const graphs: { tags: readonly string[]; range: Range }[] = []
  await wire.walk(wire.whole, async field => {
    if (field.kind === 'bytes' && field.number === 2)
      graphs.push({ range: field.range, tags: await readTags(wire, field.range) })
  })
  const chosen = chooseGraph(graphs)
  if (!chosen) throw fail.malformed({ name: input.source.name }, 'the file has no graph')
  const folder = input.path.includes('/') ? input.path.slice(0, input.path.lastIndexOf('/') + 1) : ''
  const { parts, signatures, collections, restore } = await readParts(wire, chosen.range)
  const started = signatures
    .filter(({ name }) => name === INITIALIZER)
    .flatMap(({ outputs }) => outputs.map(({ tensor, name }) => tensor ?? name))
  return {
    nodes: parts.nodes,
    function: functionsOf(wire, parts, fail),
    signatures: signatures.filter(({ name }) => !name.startsWith(PRIVATE)),
    initializers: [...started, ...collections.initializers].map(nodeOf),
    restore: nodeOf(restore),
    assets: new Map(
      collections.assets.map(({ tensor, file }) => [nodeOf(tensor), `${folder}assets/${file}`]),
    ),
    checkpoint: checkpointOf(model),
  }
}

/** A MetaGraphDef: 1 meta_info_def. */
async function readTags(wire: Wire, range: Range): Promise<readonly string[]> {
  let tags: readonly string[] = []
  await wire.walk(range, async field => {
    if (field.kind === 'bytes' && field.number === 1) tags = (await readInfo(wire, field.range, fail)).tags
  })
  return tags
}

/** A MetaGraphDef: 2 graph_def, 3 saver_def, 4 collection_def, 5 signature_def, 6 asset_file_def. */
async function readParts(wire: Wire, range: Range) {
  let parts: GraphParts = { nodes: [], functions: new Map() }
  let restore = ''
  const signatures: SignatureDef[] = []
  const collections: Collections = {
    trainable: undefined,
    variables: new Set(),
    initializers: [],
    assets: [],
  }
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 2) parts = await readGraphParts(wire, field.range, fail)
    else if (field.number === 3) ({ restore } = await readSaver(wire, field.range))
    else if (field.number === 4) await readCollection(wire, field.range, collections)
    else if (field.number === 5) signatures.push(await readSignature(wire, field.range, fail))
    else if (field.number === 6) collections.assets.push(await readAsset(wire, field.range))
  })
  return { parts, signatures, collections, restore }
}

/** Tensors of the checkpoint by key: those of the opened model, which gives them other names where it can. */
function checkpointOf({
  file,
  readTensor,
  readText,
}: Pick<OpenModel, 'file' | 'readTensor' | 'readText'>): TensorflowProgram['checkpoint'] {
  const byKey = new Map<string, StoredTensor>()
  for (const info of file.tensors) {
    if (info.role === 'constant') continue
    const isText = info.dtype === 'string'
    byKey.set(info.key ?? info.name, {
      info,
      ...(isText ? readText && { text: () => readText(info.name) } : { bytes: () => readTensor(info.name) }),
    })
  }
  return key => byKey.get(key)
}
