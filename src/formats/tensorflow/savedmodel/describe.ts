import type { ModelInput } from '../../ports.ts'
import { metadataEntry } from '../../tensors.ts'
import type { FilePart, MetadataEntry, ModelFile, Signature, TensorInfo } from '../../types.ts'
import { describeGraph } from '../graphdef/graph.ts'
import type { KerasMetadata } from './keras-metadata.ts'
import type { MetaGraph } from './meta-graph.ts'
import type { SignatureDef } from './signature.ts'

export interface SavedModelParts {
  readonly input: ModelInput
  readonly files: readonly FilePart[]
  readonly main: MetaGraph
  readonly metaGraphs: readonly MetaGraph[]
  readonly tensors: readonly TensorInfo[]
  readonly parameters: number
  /** Variables that stand there twice. */
  readonly copies: number
  readonly keras: KerasMetadata | undefined
}

const DEFAULT = 'serving_default'

export function describeSavedModel(parts: SavedModelParts): ModelFile {
  const { input, files, main, metaGraphs, tensors, parameters, copies } = parts
  const [signature, ...others] = signaturesOf(main, metaGraphs)
  const notes: string[] = []
  if (copies > 0)
    notes.push(`${copies} variables stand in the file a second time, as Keras' export writes them`)
  if (!files.some(({ path }) => path.endsWith('variables/variables.index')))
    notes.push('the model has no file of variables')
  const metadata = metadataOf(parts, notes)
  const keras = parts.keras?.identifier ?? main.objects?.root ?? ''
  const isKeras = keras.startsWith('_tf_keras')
  return {
    format: 'tensorflow-savedmodel',
    formatVersion: main.objects ? 'v2' : 'v1',
    framework: isKeras ? 'Keras' : 'TensorFlow',
    ...(main.tensorflowVersion && { producer: `TensorFlow ${main.tensorflowVersion}` }),
    ...(isKeras && { what: keras.replace(/^_tf_keras_/, 'Keras ') }),
    name: input.path,
    size: files.reduce((sum, { size }) => sum + size, 0),
    files,
    ...(input.wrapper.length > 0 && { wrapper: input.wrapper }),
    tensors,
    parameters,
    graph: describeGraph(main.tags.join(',') || 'graph', main.graph),
    ...(signature && { signature }),
    ...(others.length > 0 && { otherSignatures: others }),
    metadata,
    ...(notes.length > 0 && { notes }),
  }
}

/** Those of the main graph, `serving_default` first; then those of other graphs, behind their tags. */
function signaturesOf(main: MetaGraph, metaGraphs: readonly MetaGraph[]): Signature[] {
  const own = main.signatures.filter(isPublic).toSorted((a, b) => rank(a) - rank(b))
  const others = metaGraphs
    .filter(meta => meta !== main)
    .flatMap(({ tags, signatures }) =>
      signatures
        .filter(isPublic)
        .map(signature => ({ ...signature, name: `${tags.join(',')}/${signature.name}` })),
    )
  return [...own, ...others].map(({ name, inputs, outputs }) => ({ name, inputs, outputs }))
}

/** `__saved_model_init_op` is no way to call the model. */
function isPublic({ name }: SignatureDef): boolean {
  return !name.startsWith('__saved_model_')
}

function rank({ name }: SignatureDef): number {
  return name === DEFAULT ? 0 : 1
}

function metadataOf({ main, metaGraphs, keras }: SavedModelParts, notes: string[]): MetadataEntry[] {
  const entries: [string, string][] = [['tags', metaGraphs.map(({ tags }) => tags.join(',')).join(' | ')]]
  if (main.tensorflowVersion) entries.push(['tensorflow_version', main.tensorflowVersion])
  for (const { name, method } of main.signatures) if (method) entries.push([`method of ${name}`, method])
  for (const { file } of main.collections.assets) entries.push(['asset', file])
  const json = keras?.json || main.objects?.rootMetadata
  if (json) entries.push(['keras_metadata', json])
  return entries.map(([key, value]) => metadataEntry(key, value, notes))
}
