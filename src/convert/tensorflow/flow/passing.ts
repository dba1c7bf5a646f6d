import { storedDtype } from '../../../formats/tensorflow/index.ts'
import { onnxDtype } from '../attributes.ts'
import { constantValue } from '../constants.ts'
import { type Edge, tensor } from '../edges.ts'
import { PASSING } from '../scope.ts'
import type { FlowConvert, FlowOp, FlowTable, Step } from '../step.ts'

const first: FlowConvert = ({ inputs: [edge], invalid }) => {
  if (edge) return [edge]
  throw invalid('it has no input')
}

const all: FlowConvert = ({ inputs }) => inputs

const passes: FlowOp = { convert: first, open: true }

/** A constant, which may be a text or a handle of a kind that nothing takes. */
const constant: FlowConvert = async ({ node, emitter, invalid }) => {
  const value = node.attributes.get('value')
  if (value?.kind !== 'tensor') throw invalid('it has no value')
  const declared = node.attributes.get('dtype')
  const dtype = onnxDtype(declared?.kind === 'type' ? declared.value : 0)
  if (storedDtype(declared?.kind === 'type' ? declared.value : 0)?.dtype !== value.tensor.info.dtype)
    throw invalid(`its type is ${dtype}, and that of its value ${value.tensor.info.dtype}`)
  return [tensor(await constantValue(emitter, value.tensor, dtype))]
}

/** What an input is that no signature names: TensorFlow would not run without it. */
const notGiven: FlowConvert = step => {
  const { attributes, node, walk, emitter, invalid } = step
  const dtype = attributes.dtype('dtype')
  if (dtype === 'bool' && isTraining(node.name) && attributes.shape('shape', [])?.length === 0) {
    walk.notes.add(`'${node.name}' is always false: the model predicts`)
    return [tensor(emitter.scalar('bool', 0))]
  }
  throw invalid('the model needs this input, and the signature does not have it')
}

function isTraining(name: string): boolean {
  return /train|learning_phase|dropout/i.test(name)
}

/** The default is what the exporter meant, unless the signature has it as an input. */
const withDefault: FlowConvert = (step: Step): readonly Edge[] => {
  const { node, walk } = step
  if (isTraining(node.name)) walk.notes.add(`'${node.name}' always has its default: the model predicts`)
  return [step.inputs[0]!]
}

export const passing: FlowTable = {
  ...Object.fromEntries([...PASSING].map(op => [op, passes])),
  Print: passes,
  IdentityN: { convert: all, open: true },
  Const: { convert: constant },
  Placeholder: { convert: notGiven },
  PlaceholderV2: { convert: notGiven },
  PlaceholderWithDefault: { convert: withDefault },
}
