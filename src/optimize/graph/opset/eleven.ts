import type { OnnxNode } from '../../../formats/index.ts'
import {
  type Adapter,
  type Additions,
  adapted,
  floats,
  integers,
  intsOf,
  type Rung,
  scalar,
} from './types.ts'

/** Opsets 10 and 11: attributes of Clip, Pad, Slice and TopK became inputs, and Upsample became Resize. */
export const ELEVEN: Rung = {
  opset: 11,
  adapters: {
    Clip(node, { constant }) {
      const { min, max, ...attributes } = node.attributes ?? {}
      const inputs = [min, max].map(bound => (bound && 'float' in bound ? constant(scalar(bound.float)) : ''))
      return [adapted(node, attributes, [...node.inputs, ...inputs])]
    },
    Pad(node, { constant }) {
      const { pads, value, ...attributes } = node.attributes ?? {}
      const number = value && 'float' in value ? value.float : 0
      const inputs = [...node.inputs, constant(integers(intsOf(pads))), constant(scalar(number))]
      return [adapted(node, attributes, inputs)]
    },
    Slice(node, { constant }) {
      if (node.inputs.length > 1) return [node]
      const { starts, ends, axes, ...attributes } = node.attributes ?? {}
      const inputs = [
        constant(integers(intsOf(starts))),
        constant(integers(intsOf(ends))),
        axes ? constant(integers(intsOf(axes))) : '',
      ]
      return [adapted(node, attributes, [...node.inputs, ...inputs])]
    },
    TopK(node, { constant }) {
      if (node.inputs.length > 1) return [node]
      const { k, ...attributes } = node.attributes ?? {}
      const count = k && 'int' in k ? k.int : 1
      return [adapted(node, attributes, [...node.inputs, constant(integers([count]))])]
    },
    Scatter: node => [{ ...node, op: 'ScatterElements' }],
    Resize: upsampled,
    Upsample: upsampled,
  },
}

/** Before 11 the first pixel of both images lay at 0, and `nearest` took the one before. */
function upsampled(node: OnnxNode, additions: Additions): ReturnType<Adapter> {
  const { mode } = node.attributes ?? {}
  const [x = '', factors] = node.inputs
  if (factors === undefined) return undefined
  const attributes = {
    ...(mode && { mode }),
    coordinate_transformation_mode: { text: 'asymmetric' },
    nearest_mode: { text: 'floor' },
  }
  return [adapted({ ...node, op: 'Resize' }, attributes, [x, additions.constant(floats([])), factors])]
}
