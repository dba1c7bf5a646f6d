import type { StrictJson } from '../../bytes/json.ts'
import type { ModelInput, OpenModel } from '../../ports.ts'
import { tensorflowFailures } from '../failures.ts'
import type { SignatureDef } from '../savedmodel/signature.ts'
import type { StoredTensor } from '../tensors.ts'
import { signatureOfJson } from '../tfjs/graph.ts'
import { isObject, listAt, objectAt, readJson, textAt } from '../tfjs/json.ts'
import { type ConstantOf, functionOfJson, nodesOfJson } from './json-graph.ts'
import type { ProgramFunction, TensorflowProgram } from './types.ts'
import { asGraphType } from './weights.ts'

const fail = tensorflowFailures('TF.js', 'Convert the model again with tensorflowjs_converter.')

/** The program of a TF.js graph model. Constants are the weights of their names. */
export async function tfjsProgram(
  model: Pick<OpenModel, 'file' | 'readTensor' | 'readText'>,
  input: ModelInput,
): Promise<TensorflowProgram> {
  const json = await readJson(input.source, fail)
  const topology = isObject(json) ? json.get('modelTopology') : undefined
  if (!isObject(topology))
    throw fail.unsupported({ name: input.source.name }, 'the JSON has weights, and no graph', {
      hint: 'Convert the model.json of the whole model.',
    })
  const reading = { place: { name: input.source.name }, fail, constantOf: weightsOf(model) }
  const functions = new Map<string, StrictJson>()
  for (const one of listAt(objectAt(topology, 'library'), 'function'))
    functions.set(textAt(objectAt(one, 'signature'), 'name') ?? '', one)
  const read = new Map<string, ProgramFunction>()
  // Nodes that fill tables stand in a graph of their own, and give the handles under names of theirs.
  const initializer = objectAt(json, 'modelInitializer')
  const started = nodesOfJson(listAt(initializer, 'node'), reading)
  const own = nodesOfJson(listAt(topology, 'node'), reading)
  const taken = new Set(own.map(({ name }) => name))
  return {
    nodes: [...own, ...started.filter(({ name }) => !taken.has(name))],
    async function(name) {
      const found = functions.get(name)
      if (found === undefined) return undefined
      const known = read.get(name) ?? functionOfJson(found, reading)
      read.set(name, known)
      return known
    },
    signatures: signaturesOf(json),
    initializers: started.map(({ name }) => name),
    restore: '',
    assets: new Map(),
    checkpoint: () => undefined,
  }
}

/** The one signature, or none. */
function signaturesOf(json: StrictJson): readonly SignatureDef[] {
  for (const at of [json, objectAt(json, 'userDefinedMetadata')]) {
    const signature = signatureOfJson(objectAt(at, 'signature'))
    if (signature) return [{ ...signature, method: '' }]
  }
  return []
}

function weightsOf({
  file,
  readTensor,
  readText,
}: Pick<OpenModel, 'file' | 'readTensor' | 'readText'>): ConstantOf {
  const weights = new Map<string, StoredTensor>()
  for (const info of file.tensors) {
    const { name } = info
    if (info.dtype === 'string') weights.set(name, { info, ...(readText && { text: () => readText(name) }) })
    else weights.set(name, { info, bytes: () => readTensor(name) })
  }
  return (node, dtype) => {
    const tensor = weights.get(node)
    return tensor && { kind: 'tensor', tensor: asGraphType(tensor, dtype) }
  }
}
