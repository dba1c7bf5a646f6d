import type { StrictJson } from '../../bytes/json.ts'
import type { ModelInput, OpenModel } from '../../ports.ts'
import { metadataEntry, parametersOf } from '../../tensors.ts'
import type { MetadataEntry, ModelFile } from '../../types.ts'
import { tensorflowFailures } from '../failures.ts'
import { describeGraph } from '../graphdef/graph.ts'
import { hazardsOfGraph, signatureOf } from '../graphdef/open.ts'
import type { TensorflowHazard } from '../hazards/types.ts'
import type { TensorflowModel } from '../model.ts'
import { readersOf } from '../tensors.ts'
import { graphOfJson, signatureOfJson } from './graph.ts'
import { isObject, objectAt, plainJson, readJson, textAt } from './json.ts'
import { layersModel } from './layers.ts'
import { readManifest } from './manifest.ts'
import { openWeights } from './weights.ts'

const FORMAT = 'TF.js'
const fail = tensorflowFailures(FORMAT, 'Convert the model again with tensorflowjs_converter.')

/** A graph model: GraphDef as JSON, with weights in files beside it; or a manifest of weights alone. */
export async function openTfjsGraph(input: ModelInput): Promise<TensorflowModel> {
  const json = await readJson(input.source, fail)
  // Weights of older models stand alone, their manifest is the file.
  if (Array.isArray(json))
    return withHazards(
      await openModel(input, json, json, {
        format: 'tfjs-graph',
        notes: ['a manifest of weights has no graph'],
      }),
      [],
    )
  if (!isObject(json) || !isObject(json.get('modelTopology')))
    throw fail.malformed({ name: input.source.name }, 'the JSON has no modelTopology')
  const graph = graphOfJson(json.get('modelTopology'))
  const stated = [json, objectAt(json, 'userDefinedMetadata')].map(at =>
    signatureOfJson(objectAt(at, 'signature')),
  )
  const model = await openModel(input, json, json.get('weightsManifest'), {
    format: 'tfjs-graph',
    framework: 'TensorFlow',
    graph: describeGraph(input.path, graph),
    signature: stated.find(signature => signature !== undefined) ?? signatureOf(graph),
  })
  return withHazards(model, hazardsOfGraph(graph))
}

function withHazards(model: OpenModel, hazards: readonly TensorflowHazard[]): TensorflowModel {
  return { ...model, hazards }
}

/** A layers model: Keras' JSON, with weights in files beside it. */
export async function openTfjsLayers(input: ModelInput): Promise<OpenModel> {
  const json = await readJson(input.source, fail)
  const topology = objectAt(json, 'modelTopology')
  if (!isObject(json) || topology.size === 0)
    throw fail.malformed({ name: input.source.name }, 'the JSON has no modelTopology')
  const { className, name, graph, signature } = layersModel(topology, { name: input.source.name })
  const version = textAt(topology, 'keras_version')
  return openModel(input, json, json.get('weightsManifest'), {
    format: 'tfjs-layers',
    framework: 'Keras',
    what: name ? `${className} ${name}` : className,
    ...(version !== undefined && { producer: `Keras ${version}` }),
    ...(graph && { graph }),
    ...(signature && { signature }),
  })
}

async function openModel(
  input: ModelInput,
  json: StrictJson,
  manifest: StrictJson | undefined,
  facts: Pick<ModelFile, 'format'> & Partial<ModelFile>,
): Promise<OpenModel> {
  const groups = readManifest(manifest, input.source.name, fail)
  const weights = await openWeights(input, groups, fail)
  const infos = weights.tensors.map(({ info }) => info)
  const files = [{ path: input.path, size: input.storedSize }, ...weights.files]
  const notes = [...(facts.notes ?? [])]
  const metadata = metadataOf(json, notes)
  const producer = facts.producer ?? textAt(json, 'convertedBy') ?? textAt(json, 'generatedBy')
  return {
    file: {
      ...facts,
      ...(producer && { producer }),
      name: input.path,
      size: files.reduce((sum, { size }) => sum + size, 0),
      files,
      ...(input.wrapper.length > 0 && { wrapper: input.wrapper }),
      tensors: infos,
      parameters: parametersOf(infos),
      metadata,
      ...(notes.length > 0 && { notes }),
    },
    ...readersOf(input.source.name, FORMAT, weights.tensors),
    close: () => weights.close(),
  }
}

function metadataOf(json: StrictJson, notes: string[]): MetadataEntry[] {
  const entries: MetadataEntry[] = []
  for (const key of ['generatedBy', 'convertedBy', 'userDefinedMetadata', 'trainingConfig']) {
    const value = isObject(json) ? json.get(key) : undefined
    if (value === undefined || value === null) continue
    const text = typeof value === 'string' ? value : JSON.stringify(plainJson(value))
    entries.push(metadataEntry(key, text, notes))
  }
  return entries
}
