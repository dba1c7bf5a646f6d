import type { Emitter, Value } from '../../../graph/types.ts'
import { cast, floating, shapeOf } from '../../emit.ts'
import type { Carried, LayerCall } from '../../layer.ts'
import { tensorsIn } from '../../model/calls.ts'
import { type EncodingMode, encodeIndices } from './encode.ts'

const MODES = ['one_hot', 'multi_hot', 'count'] as const

/** Integers as columns of ones or counts. */
export function categoryEncoding(call: LayerCall): readonly Carried[] {
  const { b, config, dtype, inputs } = call
  const argument = call.argument(1, 'count_weights')
  const [weights] = argument ? tensorsIn(argument) : []
  const mode = encodingMode(call)
  const encoded = encodeIndices(b, cast(b, inputs[0], 'int64'), {
    mode,
    depth: config.int('num_tokens', undefined, { min: 1 }),
    dtype,
    ...(weights && { weights }),
  })
  return [encoded]
}

function encodingMode({ config }: LayerCall): EncodingMode {
  if (config.get('output_mode') === 'binary') return 'multi_hot'
  return config.choice('output_mode', MODES, 'multi_hot')
}

/** Bins of numbers: how many boundaries each is not below. */
export function discretization(call: LayerCall): readonly Carried[] {
  const { b, config, inputs, dtype } = call
  const x = floating(b, inputs[0], 'float32')
  const bins = countBelow(b, x, boundariesOf(call))
  if (config.get('output_mode') === 'int' || !config.has('output_mode'))
    return [cast(b, bins, INT[call.generation])]
  const mode = config.choice('output_mode', MODES)
  return [encodeIndices(b, bins, { mode, depth: boundariesOf(call).length + 1, dtype })]
}

const INT = { 1: 'int64', 2: 'int64', 3: 'int32' } as const

function boundariesOf({ config }: LayerCall): readonly number[] {
  const list = config.list('bin_boundaries')
  const numbers = list.filter(bound => typeof bound === 'number')
  const rising = numbers.every((bound, i) => i === 0 || bound >= numbers[i - 1]!)
  return numbers.length === list.length && rising && numbers.length > 0
    ? numbers
    : config.fail('bin_boundaries', 'numbers that rise')
}

/** int64, of x's shape: how many of the boundaries are not above each element. */
function countBelow(b: Emitter, x: Value, bounds: readonly number[]): Value {
  const all = b.constant(x.dtype, [bounds.length], bounds)
  const reached = b.op('GreaterOrEqual', [b.op('Unsqueeze', [x, b.ints([-1])]), all])
  return b.op('ReduceSum', [cast(b, reached, 'int64'), b.ints([shapeOf(x).length])], {
    attributes: { keepdims: { int: 0 } },
  })
}
