import type { Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { elu, leakyRelu, relu, softmax } from '../activations.ts'
import { axisOf, cast, floating, same, shapeOf } from '../emit.ts'
import { type ConvertLayer, full, type LayerCall, type LayerTable, limited } from '../layer.ts'

const floatInput = ({ b, dtype, inputs: [x] }: LayerCall): Value => floating(b, x, dtype)

const activation: ConvertLayer = call => [call.activate(call.inputs[0])]

const reluLayer: ConvertLayer = call => {
  const { b, config } = call
  const max = config.has('max_value') ? config.number('max_value') : undefined
  const slope = config.number('negative_slope', 0)
  return [relu(b, floatInput(call), { slope, max, threshold: config.number('threshold', 0) })]
}

/** Keras 1 and 2 called the slope `alpha`. */
const leaky: ConvertLayer = call => {
  const { b, config } = call
  const slope = config.has('negative_slope') ? config.number('negative_slope') : config.number('alpha', 0.3)
  return [leakyRelu(b, floatInput(call), slope)]
}

const eluLayer: ConvertLayer = call => [elu(call.b, floatInput(call), call.config.number('alpha', 1))]

const thresholded: ConvertLayer = call => {
  const { b, config } = call
  return [same(b, 'ThresholdedRelu', floatInput(call), { alpha: { float: config.number('theta', 1) } })]
}

/** relu(x) − alpha · relu(−x): ONNX's PRelu, whose slope has the shape without the batch. */
const prelu: ConvertLayer = call => {
  const x = floatInput(call)
  const alpha = call.weight('alpha', 0)
  return [call.b.op('PRelu', [x, alpha], { types: [{ dtype: x.dtype, ...(x.shape && { shape: x.shape }) }] })]
}

/** What masked elements become: their share is then 0 to the last bit of the type. */
const NEVER: Readonly<Record<string, number>> = { float16: -3e4 }

const softmaxLayer: ConvertLayer = call => {
  const { b, config } = call
  const given = call.argument(1, 'mask')
  const mask = given?.kind === 'tensor' ? given.value : call.inputs[0].mask
  const x = floatInput(call)
  const never = b.scalar(x.dtype, NEVER[x.dtype] ?? -1e9)
  const type = { dtype: x.dtype, ...(x.shape && { shape: x.shape }) }
  const keep = mask && cast(b, mask, 'bool')
  const seen = keep ? b.op('Where', [keep, x, never], { types: [type] }) : x
  const axes = Array.isArray(config.get('axis'))
    ? config.intList('axis')
    : [config.int('axis', -1, { min: -64 })]
  const y = axes.length === 1 ? softmax(b, seen, axes[0]!) : softmaxOver(call, seen, axes)
  return [keep ? b.op('Where', [keep, y, b.scalar(x.dtype, 0)], { types: [type] }) : y]
}

/** e^x / Σ e^x over several axes. */
function softmaxOver({ b }: LayerCall, x: Value, axes: readonly number[]): Value {
  const shape = shapeOf(x)
  const over = axes.map(axis => axisOf(axis, shape.length))
  if (over.length === 0) throw new Refusal('axis=[]')
  const types = [{ dtype: x.dtype, shape: shape.map((size, i) => (over.includes(i) ? 1 : size)) }]
  const largest = b.op('ReduceMax', [x, b.ints(over)], { types })
  const powers = same(b, 'Exp', b.op('Sub', [x, largest]))
  return b.op('Div', [powers, b.op('ReduceSum', [powers, b.ints(over)], { types })])
}

export const activations: LayerTable = {
  Activation: limited('Keras’ own functions', activation),
  ReLU: full(reluLayer),
  LeakyReLU: full(leaky),
  ELU: full(eluLayer),
  PReLU: full(prelu),
  Softmax: full(softmaxLayer),
  ThresholdedReLU: full(thresholded),
}
