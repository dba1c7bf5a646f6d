import type { OnnxNode } from '../../../formats/index.ts'
import { type Adapter, type Additions, adapted, integers, intsOf, type Rung, scalar } from './types.ts'

/** Opsets 12 and 13: axes and sizes became inputs, and a Softmax is of one axis. */
export const THIRTEEN: Rung = {
  opset: 13,
  adapters: {
    Dropout(node, { constant }) {
      const { ratio, ...attributes } = node.attributes ?? {}
      const inputs = ratio && 'float' in ratio ? [...node.inputs, constant(scalar(ratio.float))] : node.inputs
      return [adapted(node, attributes, inputs)]
    },
    Squeeze: listAsInput('axes'),
    Unsqueeze: listAsInput('axes'),
    ReduceSum: listAsInput('axes'),
    Split: listAsInput('split'),
    Softmax: flattened,
    LogSoftmax: flattened,
    Hardmax: flattened,
    // A mode of TensorFlow's that exists in opset 11 alone.
    Resize: node => {
      const mode = node.attributes?.['coordinate_transformation_mode']
      return mode && 'text' in mode && mode.text === 'tf_half_pixel_for_nn' ? undefined : [node]
    },
  },
}

/** An attribute that is a list of whole numbers is the second input instead. */
export function listAsInput(name: string): Adapter {
  return (node, { constant }) => {
    const { [name]: list, ...attributes } = node.attributes ?? {}
    return [list ? adapted(node, attributes, [...node.inputs, constant(integers(intsOf(list)))]) : node]
  }
}

/** Before 13 all axes from `axis` on (default 1) were one. */
function flattened(node: OnnxNode, { value, constant }: Additions): readonly OnnxNode[] {
  const { axis } = node.attributes ?? {}
  const first = axis && 'int' in axis ? Number(axis.int) : 1
  const last = { axis: { int: -1 } }
  if (first === -1) return [{ ...node, attributes: last }]
  const [x = ''] = node.inputs
  const [shape, flat, done] = [value(), value(), value()]
  const whole = constant(integers([-1]))
  const [from, to] = [constant(integers([0])), constant(integers([first]))]
  const [lead, sizes] = [value(), value()]
  // [leading axes, one axis]: Flatten would join the leading axes as well, which changes nothing but needs no rank.
  return [
    { op: 'Shape', inputs: [x], outputs: [shape] },
    { op: 'Slice', inputs: [shape, from, to], outputs: [lead] },
    { op: 'Concat', inputs: [lead, whole], outputs: [sizes], attributes: { axis: { int: 0 } } },
    { op: 'Reshape', inputs: [x, sizes], outputs: [flat] },
    { ...node, inputs: [flat], outputs: [done], attributes: last },
    { op: 'Reshape', inputs: [done, shape], outputs: node.outputs },
  ]
}
