import type { KerasDetail, OpenedModel } from '../../formats/index.ts'
import { loadReader } from '../../formats/index.ts'
import { ConvertError } from '../errors.ts'
import { GraphBuilder } from '../graph/builder.ts'
import { Refusals } from '../refusals.ts'
import type { Conversion } from '../types.ts'
import { invalid } from './config.ts'
import type { Carried, Generation } from './layer.ts'
import { KerasConversion } from './model/conversion.ts'
import { declareInputs } from './model/inputs.ts'
import type { Plan, Port } from './model/plan.ts'
import { rootScope } from './weights/scope.ts'
import { tensorTable } from './weights/tensors.ts'

/**
 * A Keras model as ONNX: `.keras`, `.h5` with its model, TF.js layers models. Inputs are called as its input layers,
 * outputs as its output layers, and both by their keys where the model takes or gives a dict.
 */
export async function convertKeras(model: OpenedModel): Promise<Conversion> {
  const { format, name } = model.file
  const detail = await detailOf(model)
  if (!detail.model) throw unreadable(name, detail)
  const keras = await loadReader.keras()
  const builder = new GraphBuilder()
  const refusals = new Refusals()
  const notes = new Set<string>()
  const generation = generationOf(model.file.producer, format)
  const conversion = new KerasConversion({
    builder,
    refusals,
    generation,
    minor: minorOf(model.file.producer, generation),
    readModel: serialized => keras.readModel(serialized),
    note: text => notes.add(text),
  })
  const plan = conversion.plan(detail.model)
  const inputs = declareInputs(builder, plan, refusals)
  const names = outputNames(plan)
  for (const output of names) builder.reserve(output)
  const weights = rootScope(detail, tensorTable(model))
  const outputs = await conversion.model(plan, inputs, { prefix: '', weights, depth: 0 })
  refusals.check(name)
  declareOutputs(builder, names, outputs)
  const { model: onnx, mapping } = builder.build({ name: detail.model.name })
  return { model: onnx, mapping, notes: [...notes] }
}

async function detailOf({ file, input }: OpenedModel): Promise<KerasDetail> {
  if (!input) throw invalid(`${file.name} has no bytes to read`)
  const keras = await loadReader.keras()
  if (file.format === 'keras') return keras.detailOfArchive(input)
  if (file.format === 'keras-h5') return keras.detailOfH5(input)
  const { readLayersTopology } = await loadReader.tensorflow()
  return keras.detailOfTopology(await readLayersTopology(input.source))
}

function unreadable(name: string, { className }: KerasDetail): ConvertError {
  const alone = className === undefined
  return new ConvertError('CONVERT_UNSUPPORTED', {
    message: alone
      ? `${name} has weights alone, without the model that they belong to`
      : `${name} is a subclassed model (${className.slice(0, 100)}): its layers are in Python code, not in the file`,
    hint: alone
      ? 'Save the whole model: model.save("model.keras").'
      : 'Export it as a SavedModel, which has the graph of all layers: model.export("folder").',
  })
}

/** `Keras 2.15.0`; TF.js writes as Keras 2 does. */
function generationOf(producer: string | undefined, format: string): Generation {
  const major = Number(/^Keras (\d+)\./.exec(producer ?? '')?.[1])
  if (major === 0 || major === 1) return 1
  if (major === 2 || format === 'tfjs-layers') return 2
  return major >= 3 || format === 'keras' ? 3 : 2
}

function minorOf(producer: string | undefined, generation: Generation): number {
  if (generation < 3) return -1
  const minor = /^Keras 3\.(\d+)/.exec(producer ?? '')?.[1]
  return minor === undefined ? Number.POSITIVE_INFINITY : Number(minor)
}

/** Names of the output layers, made unique; keys where the model gives a dict. */
function outputNames({ inputs, outputs }: Plan): readonly string[] {
  const nameOf = ({ key, ref }: Port): string => key ?? ref.layer
  const taken = new Set(inputs.map(nameOf))
  return outputs.map(port => {
    const wanted = nameOf(port)
    let name = wanted
    for (let i = 1; taken.has(name); i++) name = `${wanted}_${i}`
    taken.add(name)
    return name
  })
}

function declareOutputs(
  builder: GraphBuilder,
  names: readonly string[],
  outputs: readonly (Carried | undefined)[],
): void {
  for (const [i, output] of outputs.entries()) {
    if (!output) throw invalid(`The output '${names[i]}' is a tensor that no layer gives`)
    builder.output(names[i]!, output)
  }
}
