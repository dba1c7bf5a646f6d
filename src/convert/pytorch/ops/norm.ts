import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { cast, like, rankOf, reshape, shapeOf } from '../emit.ts'
import { type AtenCall, type Convert, type OpTable, table } from '../op.ts'

/** A weight of all ones, or a bias of zeros, for channels without one. */
function filled(b: Emitter, like: Value, size: number, value: number): Value {
  return b.constant(like.dtype, [size], new Array<number>(size).fill(value))
}

function channelsOf(x: Value, axis: number): number {
  const size = shapeOf(x)[axis]
  if (typeof size === 'number') return size
  throw new Refusal('the number of channels is free')
}

function batchNorm(call: AtenCall): Value {
  const b = call.emitter
  const x = call.value('input')
  if (call.bool('training', false) || call.bool('train', false))
    throw new Refusal('it is in training mode; export model.eval()')
  const channels = channelsOf(x, 1)
  const [mean, variance] = [call.value('running_mean'), call.value('running_var')]
  const weight = call.maybe('weight') ?? filled(b, x, channels, 1)
  const bias = call.maybe('bias') ?? filled(b, x, channels, 0)
  const epsilon = { float: call.number('eps', 1e-5) }
  return b.op('BatchNormalization', [x, weight, bias, mean, variance], { attributes: { epsilon } })
}

function layerNorm(call: AtenCall): Value {
  const b = call.emitter
  const x = call.value('input')
  const sizes = call.ints('normalized_shape')
  const axis = rankOf(x) - sizes.length
  const count = sizes.reduce((product, size) => product * size, 1)
  const weight = call.maybe('weight') ?? reshape(b, filled(b, x, count, 1), sizes)
  const bias = call.maybe('bias')
  return b.op('LayerNormalization', bias ? [x, weight, bias] : [x, weight], {
    attributes: { axis: { int: axis }, epsilon: { float: call.number('eps', 1e-5) } },
  })
}

/** Groups as the second axis: each is normalised by itself, then scaled by channel. */
const groupNorm: Convert = call => {
  const b = call.emitter
  const x = call.value('input')
  const channels = channelsOf(x, 1)
  const groups = call.int('num_groups')
  const weight = call.maybe('weight') ?? filled(b, x, channels, 1)
  const bias = call.maybe('bias') ?? filled(b, x, channels, 0)
  return b.op('GroupNormalization', [x, weight, bias], {
    attributes: { num_groups: { int: groups }, epsilon: { float: call.number('eps', 1e-5) } },
  })
}

const instanceNorm: Convert = call => {
  const b = call.emitter
  const x = call.value('input')
  if (call.has('running_mean') && !call.bool('use_input_stats', true)) return batchNorm(call)
  const channels = channelsOf(x, 1)
  const weight = call.maybe('weight') ?? filled(b, x, channels, 1)
  const bias = call.maybe('bias') ?? filled(b, x, channels, 0)
  return b.op('InstanceNormalization', [x, weight, bias], {
    attributes: { epsilon: { float: call.number('eps', 1e-5) } },
  })
}

/** x / √(mean(x²) + ε) · weight. */
const rmsNorm: Convert = call => {
  const b = call.emitter
  const x = call.value('input')
  const axes = call.ints('normalized_shape').map((_, i) => -1 - i)
  const squares = b.op('ReduceMean', [b.op('Mul', [x, x]), b.ints(axes)], {
    attributes: { keepdims: { int: 1 } },
  })
  const epsilon = x.dtype === 'float16' ? 2 ** -10 : 2 ** -23
  const root = b.op('Sqrt', [b.op('Add', [squares, like(b, x, call.number('eps', epsilon))])])
  const scaled = b.op('Div', [x, root])
  const weight = call.maybe('weight')
  return weight ? b.op('Mul', [scaled, cast(b, weight, x.dtype)]) : scaled
}

export const norms: OpTable = {
  ...table({
    layer_norm: layerNorm,
    native_layer_norm: call => [layerNorm(call)],
    group_norm: groupNorm,
    instance_norm: instanceNorm,
    rms_norm: rmsNorm,
  }),
  batch_norm: { convert: batchNorm, limits: 'in evaluation mode' },
  _native_batch_norm_legit_no_training: { convert: call => [batchNorm(call)], limits: 'in evaluation mode' },
}
