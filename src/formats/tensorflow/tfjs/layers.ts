import type { ByteSource } from '../../../core/index.ts'
import type { StrictJson } from '../../bytes/json.ts'
import type { Place } from '../../errors.ts'
import type { Json } from '../../keras/config/json.ts'
import { readModel } from '../../keras/config/model.ts'
import { graphOf } from '../../keras/graph.ts'
import { signatureOf } from '../../keras/signature.ts'
import type { WeightPaths } from '../../keras/weights/paths.ts'
import type { ModelGraph, Signature } from '../../types.ts'
import { tensorflowFailures } from '../failures.ts'
import { type JsonObject, objectAt, plainJson, readJson, textAt } from './json.ts'

/** A Keras model's layers, out of the JSON that TF.js keeps. */
export interface LayersModel {
  /** `Functional`, `Sequential`. */
  readonly className: string
  readonly name: string
  /** Absent for a model whose layers are in its Python code. */
  readonly graph?: ModelGraph
  readonly signature?: Signature
}

const fail = tensorflowFailures('TF.js', 'Convert the model again with tensorflowjs_converter.')

/** Weights have names of their own, in the manifest. */
const NO_PATHS: WeightPaths = { root: '', of: () => undefined }

/** The model as Keras serialized it. Throws FORMAT_MALFORMED, FORMAT_LIMIT. */
export async function readLayersTopology(source: ByteSource): Promise<Json> {
  const topology = objectAt(await readJson(source, fail), 'modelTopology')
  return plainJson(serializedIn(topology)) as Json
}

function serializedIn(topology: JsonObject): StrictJson {
  return (topology.has('model_config') ? objectAt(topology, 'model_config') : topology) as StrictJson
}

/** `modelTopology`: the model's class and configuration, in `model_config` where Keras wrote it. */
export function layersModel(topology: JsonObject, place: Place): LayersModel {
  const serialized = serializedIn(topology)
  const model = readModel(plainJson(serialized) as Json)
  const className = textAt(serialized, 'class_name') ?? ''
  if (!model) return { className, name: '' }
  const signature = signatureOf(model)
  return {
    className: model.className,
    name: model.name,
    graph: graphOf(model, place, NO_PATHS),
    ...(signature && { signature }),
  }
}
