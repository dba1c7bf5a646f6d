import { batchNorm, fromFirst, toFirst } from '../../channels-last/index.ts'
import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import type { Convert, OpCall, OpTable } from '../op.ts'
import { cast, emit, input, like, rankOf } from './emit.ts'
import { layoutOf } from './window.ts'

/**
 * By the statistics that are given, or in training by the batch's own. The outputs behind the first are statistics, which
 * training takes.
 */
const fusedBatchNorm: Convert = call => {
  const { emitter: b, attributes } = call
  const given = input(call, 0)
  const layout = layoutOf(call)
  // Of float16 the statistics are float32.
  const x = cast(b, given, input(call, 1).dtype)
  const [scale, offset] = [input(call, 1), input(call, 2)]
  const [mean, variance] = attributes.bool('is_training', true)
    ? momentsOf(call, x)
    : [input(call, 3), input(call, 4)]
  const epsilon = attributes.float('epsilon', 1e-4)
  const y = batchNorm(b, x, { scale, offset, mean, variance, epsilon }, layout)
  return [cast(b, y, given.dtype), mean, variance]
}

function momentsOf({ emitter: b, attributes }: OpCall, x: Value): readonly [Value, Value] {
  const channel = attributes.text('data_format', 'NHWC').startsWith('NC') ? 1 : rankOf(x) - 1
  const axes = b.ints(Array.from({ length: rankOf(x) }, (_, i) => i).filter(i => i !== channel))
  const mean = (v: Value, keep: number): Value =>
    emit(b, 'ReduceMean', [v, axes], { computed: [0], attributes: { keepdims: { int: keep } } })
  const centred = emit(b, 'Sub', [x, mean(x, 1)])
  return [mean(x, 0), mean(emit(b, 'Mul', [centred, centred]), 0)]
}

/** TensorFlow 1's: mean, variance and offset, and a scale that counts where `scale_after_normalization` says so. */
const globalNorm: Convert = call => {
  const { emitter: b, attributes } = call
  const [x, mean, variance, offset, gamma] = [0, 1, 2, 3, 4].map(i => input(call, i)) as [
    Value,
    Value,
    Value,
    Value,
    Value,
  ]
  const scale = attributes.bool('scale_after_normalization')
    ? gamma
    : b.op('Expand', [like(b, gamma, 1), b.op('Shape', [gamma])])
  const epsilon = attributes.float('variance_epsilon')
  return batchNorm(b, x, { scale, offset, mean, variance, epsilon })
}

/** With another image added behind it, and an activation. */
const fusedBatchNormEx: Convert = async call => {
  const { emitter: b, attributes } = call
  const [y, ...statistics] = (await fusedBatchNorm(call)) as readonly Value[]
  const side = call.inputs[5]
  const sum = side ? emit(b, 'Add', [y!, side]) : y!
  const activation = attributes.text('activation_mode', 'Identity')
  if (activation === 'Identity') return [sum, ...statistics]
  if (activation !== 'Relu') throw new Refusal(`activation_mode=${activation.slice(0, 40)}`)
  return [emit(b, 'Relu', [sum]), ...statistics]
}

/** By the squares of the channels around: ONNX divides alpha by their number. */
const lrn: Convert = call => {
  const { emitter: b, attributes } = call
  const size = 2 * attributes.int('depth_radius', 5) + 1
  const y = emit(b, 'LRN', [first(b, input(call, 0))], {
    attributes: {
      size: { int: size },
      alpha: { float: attributes.float('alpha', 1) * size },
      beta: { float: attributes.float('beta', 0.5) },
      bias: { float: attributes.float('bias', 1) },
    },
  })
  return fromFirst(b, y, 'channels-last', 2)
}

const first = (b: Emitter, x: Value): Value => toFirst(b, x, 'channels-last', 2)

/** (x − mean) · factor + mean, with the mean of each channel of each image. */
const adjustContrast: Convert = call => {
  const { emitter: b } = call
  const [x, factor] = [input(call, 0), input(call, 1)]
  const mean = emit(b, 'ReduceMean', [x, b.ints([-3, -2])], {
    computed: [0],
    attributes: { keepdims: { int: 1 } },
  })
  return emit(b, 'Add', [emit(b, 'Mul', [emit(b, 'Sub', [x, mean]), cast(b, factor, x.dtype)]), mean])
}

export const normaliseOps: OpTable = {
  FusedBatchNorm: { convert: fusedBatchNorm },
  FusedBatchNormV2: { convert: fusedBatchNorm },
  FusedBatchNormV3: { convert: fusedBatchNorm },
  _FusedBatchNormEx: { convert: fusedBatchNormEx },
  BatchNormWithGlobalNormalization: { convert: globalNorm },
  LRN: { convert: lrn },
  AdjustContrastv2: { convert: adjustContrast },
}
