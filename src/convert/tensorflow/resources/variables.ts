import type { OnnxDtype, TensorDtype } from '../../../formats/index.ts'
import type { StoredTensor } from '../../../formats/tensorflow/index.ts'
import type { Emitter, Shape, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { onnxDtype } from '../attributes.ts'
import { tensor } from '../edges.ts'
import { cast } from '../ops/emit.ts'
import { edgeAs, type FlowConvert, type FlowTable, type Step } from '../step.ts'

/** A variable of the model, with what the checkpoint has for it. */
export interface Variable {
  /** `dense/kernel`. */
  readonly name: string
  /** Undefined where nothing is restored into it. */
  readonly stored: StoredTensor | undefined
}

const RANDOM_STATE = /seed_generator|rng|random/i

/** The variable's value as a weight, which is read when the model is written. */
function read(emitter: Emitter, { name, stored }: Variable, step: Step): Value {
  const { node, attributes, invalid } = step
  const declared = node.attributes.get('dtype')
  if (!stored)
    throw RANDOM_STATE.test(name)
      ? new Refusal(`the state '${name}' is not in the checkpoint`, 'Export the model for inference.')
      : invalid(`the variable '${name}' is not in the checkpoint`)
  const dtype = declared?.kind === 'type' ? onnxDtype(declared.value) : (stored.info.dtype as OnnxDtype)
  if (stored.info.dtype !== (dtype as TensorDtype))
    throw invalid(`the variable '${name}' is ${dtype}, and ${stored.info.dtype} in the checkpoint`)
  const shape = attributes.has('shape') ? attributes.shape('shape') : undefined
  checkShape(name, shape, stored.info.shape, invalid)
  if (!stored.bytes) throw new Refusal(`the variable '${name}' is ${stored.info.dtype}`)
  return emitter.weight({ dtype, shape: stored.info.shape, data: stored.bytes }, name)
}

function checkShape(
  name: string,
  declared: Shape | undefined,
  stored: readonly number[],
  invalid: Step['invalid'],
): void {
  if (
    !declared ||
    (declared.length === stored.length && declared.every((size, i) => size === null || size === stored[i]))
  )
    return
  throw invalid(
    `the variable '${name}' has the shape [${declared.join(', ')}], and [${stored.join(', ')}] in the checkpoint`,
  )
}

const handle: FlowConvert = async ({ node, walk, attributes, invalid }) => {
  const variable = await walk.resources.variable(node)
  const shape = attributes.has('shape') ? attributes.shape('shape') : undefined
  if (variable.stored) checkShape(variable.name, shape, variable.stored.info.shape, invalid)
  return [{ kind: 'variable', variable }]
}

/** A reference variable of TensorFlow 1 is its value. */
const reference: FlowConvert = async step => [
  tensor(read(step.emitter, await step.walk.resources.variable(step.node), step)),
]

const readHandle: FlowConvert = step => {
  const { variable } = edgeAs(step, 0, 'variable')
  const writer = writerBefore(step)
  if (writer)
    throw new Refusal(
      `it reads what '${writer}' has changed`,
      'Give states to the model as inputs, and take them as outputs.',
    )
  return [tensor(read(step.emitter, variable, step))]
}

/** The node that changes the same variable before it is read here. */
function writerBefore({ node, scope }: Step): string | undefined {
  const [handleOf] = node.inputs
  return node.controls.find(control => {
    const before = scope.nodes.get(control)
    return before?.op.startsWith('Assign') && before.inputs[0]?.node === handleOf?.node
  })
}

const gather: FlowConvert = step => {
  const { emitter: b, value, attributes } = step
  const { variable } = edgeAs(step, 0, 'variable')
  const batch = attributes.int('batch_dims', 0)
  if (batch !== 0) throw new Refusal(`batch_dims=${batch}`)
  const table = read(b, variable, step)
  return [tensor(b.op('Gather', [table, value(1)], { attributes: { axis: { int: 0 } } }))]
}

const gatherNd: FlowConvert = step => {
  const { emitter: b, value } = step
  const table = read(b, edgeAs(step, 0, 'variable').variable, step)
  return [tensor(b.op('GatherND', [table, cast(b, value(1), 'int64')]))]
}

const shapeOf: FlowConvert = step => {
  const { variable } = edgeAs(step, 0, 'variable')
  const shape = variable.stored?.info.shape
  if (!shape) throw step.invalid(`the variable '${variable.name}' is not in the checkpoint`)
  const dtype = step.attributes.dtype('out_type', 'int32')
  return [tensor(step.emitter.constant(dtype, [shape.length], shape))]
}

const initialized: FlowConvert = ({ emitter }) => [tensor(emitter.scalar('bool', 1))]

export const variables: FlowTable = {
  VarHandleOp: { convert: handle },
  VariableV2: { convert: reference },
  Variable: { convert: reference },
  ReadVariableOp: { convert: readHandle },
  ResourceGather: { convert: gather, limits: 'batch_dims=0' },
  ResourceGatherNd: { convert: gatherNd },
  VariableShape: { convert: shapeOf },
  VarIsInitializedOp: { convert: initialized },
  IsVariableInitialized: { convert: initialized },
}
