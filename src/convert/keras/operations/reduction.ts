import { isFloat } from '../../graph/dtypes.ts'
import type { Emitter, Value } from '../../graph/types.ts'
import { axisOf, cast, floating, same, shapeOf } from '../emit.ts'
import { type ConvertLayer, full, type LayerCall, type LayerTable } from '../layer.ts'
import { settingsOf, tensorOf } from './operands.ts'

interface Over {
  /** From 0; all where none is named. */
  readonly axes: readonly number[]
  readonly keep: boolean
}

function overOf(call: LayerCall, x: Value): Over {
  const settings = settingsOf(call)
  const rank = shapeOf(x).length
  const all = Array.from({ length: rank }, (_, i) => i)
  const axes = settings.has('axis') ? settings.intList('axis').map(axis => axisOf(axis, rank)) : all
  return { axes, keep: settings.bool('keepdims', settings.bool('keep_dims', false)) }
}

const inputOf = (call: LayerCall): Value => tensorOf(call, 0, 'x', 'input_tensor', 'input')

function reduce(b: Emitter, op: string, x: Value, { axes, keep }: Over): Value {
  return b.op(op, [x, b.ints(axes)], { attributes: { keepdims: { int: keep ? 1 : 0 } } })
}

const plain =
  (op: string): ConvertLayer =>
  call => {
    const x = inputOf(call)
    return [reduce(call.b, op, x.dtype === 'bool' ? cast(call.b, x, 'int32') : x, overOf(call, x))]
  }

const mean: ConvertLayer = call => {
  const x = inputOf(call)
  return [reduce(call.b, 'ReduceMean', floating(call.b, x, 'float32'), overOf(call, x))]
}

const variance =
  (root: boolean): ConvertLayer =>
  call => {
    const { b } = call
    const x = floating(b, inputOf(call), 'float32')
    const over = overOf(call, x)
    const centre = b.op('Sub', [x, reduce(b, 'ReduceMean', x, { ...over, keep: true })])
    const result = reduce(b, 'ReduceMean', b.op('Mul', [centre, centre]), over)
    return [root ? same(b, 'Sqrt', result) : result]
  }

const logical =
  (op: string): ConvertLayer =>
  call => {
    const x = inputOf(call)
    const bits = cast(call.b, cast(call.b, x, 'bool'), 'int32')
    return [cast(call.b, reduce(call.b, op, bits, overOf(call, x)), 'bool')]
  }

/** The first of the largest, of one axis or of all elements in order. */
const extreme =
  (op: string): ConvertLayer =>
  call => {
    const { b } = call
    const settings = settingsOf(call)
    const x = inputOf(call)
    const given = settings.has('axis') ? 'axis' : settings.has('dimension') ? 'dimension' : undefined
    const flat = given === undefined ? b.op('Reshape', [x, b.ints([-1])]) : x
    const axis = given === undefined ? 0 : axisOf(settings.int(given, 0, { min: -64 }), shapeOf(x).length)
    const keepdims = { int: settings.bool('keepdims', false) ? 1 : 0 }
    const found = b.op(op, [flat], { attributes: { axis: { int: axis }, keepdims } })
    return [settings.text('output_type', 'int32') === 'int64' ? found : cast(b, found, 'int32')]
  }

const logSumExp: ConvertLayer = call => {
  const { b } = call
  const x = floating(b, inputOf(call), 'float32')
  const over = overOf(call, x)
  const largest = reduce(b, 'ReduceMax', x, { ...over, keep: true })
  const sums = reduce(b, 'ReduceSum', same(b, 'Exp', b.op('Sub', [x, largest])), over)
  return [b.op('Add', [same(b, 'Log', sums), reduce(b, 'ReduceMax', x, over)])]
}

const cumulated: ConvertLayer = call => {
  const { b } = call
  const settings = settingsOf(call)
  const x = tensorOf(call, 0, 'x')
  const flat = settings.has('axis') ? x : b.op('Reshape', [x, b.ints([-1])])
  const axis = settings.has('axis') ? axisOf(settings.int('axis', 0, { min: -64 }), shapeOf(x).length) : 0
  const flags = { exclusive: settings.bool('exclusive', false), reverse: settings.bool('reverse', false) }
  const summable = isFloat(flat.dtype) || flat.dtype.endsWith('64') ? flat : cast(b, flat, 'int32')
  return [
    b.op('CumSum', [summable, b.scalar('int64', axis)], {
      attributes: { exclusive: { int: flags.exclusive ? 1 : 0 }, reverse: { int: flags.reverse ? 1 : 0 } },
    }),
  ]
}

export const reductions: LayerTable = {
  Sum: full(plain('ReduceSum'), 'stops'),
  Prod: full(plain('ReduceProd'), 'stops'),
  Max: full(plain('ReduceMax'), 'stops'),
  Min: full(plain('ReduceMin'), 'stops'),
  Amax: full(plain('ReduceMax'), 'stops'),
  Amin: full(plain('ReduceMin'), 'stops'),
  Mean: full(mean, 'stops'),
  Var: full(variance(false), 'stops'),
  Std: full(variance(true), 'stops'),
  All: full(logical('ReduceMin'), 'stops'),
  Any: full(logical('ReduceMax'), 'stops'),
  Argmax: full(extreme('ArgMax'), 'stops'),
  Argmin: full(extreme('ArgMin'), 'stops'),
  Logsumexp: full(logSumExp, 'stops'),
  Cumsum: full(cumulated, 'stops'),
}
