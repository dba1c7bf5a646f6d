import { isFloat } from '../../graph/dtypes.ts'
import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { axesOf, axisOf, cast, floating, like, rankOf, squeeze, unary } from '../emit.ts'
import { type AtenCall, type Convert, type OpTable, table } from '../op.ts'

const self = (call: AtenCall): Value => call.value('self')

/** Axes that are named, or all. */
function axes(call: AtenCall, x: Value): readonly number[] {
  const rank = rankOf(x)
  const named = call.has('dim') ? axesOf(call.ints('dim'), rank) : []
  return named.length > 0 ? named : Array.from({ length: rank }, (_, i) => i)
}

function reduced(b: Emitter, op: string, x: Value, over: readonly number[], keep: boolean): Value {
  // A scalar is its own sum.
  if (rankOf(x) === 0) return x
  return b.op(op, [x, b.ints(over)], { attributes: { keepdims: { int: keep ? 1 : 0 } } })
}

const keeps = (call: AtenCall): boolean => call.bool('keepdim', false)

/** `dtype` first; whole numbers and booleans are summed as int64, averaged as floats. */
const reduction =
  (op: string, kind: 'sum' | 'mean' | 'same'): Convert =>
  call => {
    const b = call.emitter
    const given = self(call)
    const dtype = call.dtype('dtype') ?? (kind === 'sum' && !isFloat(given.dtype) ? 'int64' : given.dtype)
    const x = kind === 'mean' ? floating(b, cast(b, given, dtype)) : cast(b, given, dtype)
    return reduced(b, op, x, axes(call, x), keeps(call))
  }

/** `max.dim`: the values, and where they are. */
const extreme =
  (op: 'Max' | 'Min'): Convert =>
  call => {
    const b = call.emitter
    const x = self(call)
    if (call.has('other')) return b.op(op, [x, call.value('other')])
    if (!call.has('dim')) return reduced(b, `Reduce${op}`, x, axes(call, x), false)
    const axis = axisOf(call.int('dim'), rankOf(x))
    const attributes = { axis: { int: axis }, keepdims: { int: keeps(call) ? 1 : 0 } }
    return [reduced(b, `Reduce${op}`, x, [axis], keeps(call)), b.op(`Arg${op}`, [x], { attributes })]
  }

const place =
  (op: string): Convert =>
  call => {
    const b = call.emitter
    const x = self(call)
    if (!call.has('dim')) {
      const flat = b.op('Reshape', [x, b.ints([-1])])
      return b.op(op, [flat], { attributes: { axis: { int: 0 }, keepdims: { int: 0 } } })
    }
    const axis = axisOf(call.int('dim'), rankOf(x))
    return b.op(op, [x], { attributes: { axis: { int: axis }, keepdims: { int: keeps(call) ? 1 : 0 } } })
  }

const test =
  (op: string): Convert =>
  call => {
    const b = call.emitter
    const x = cast(b, cast(b, self(call), 'bool'), 'int32')
    return cast(b, reduced(b, op, x, axes(call, x), keeps(call)), 'bool')
  }

/** Σ (x − mean)² / (n − correction). */
function variance(call: AtenCall): Value {
  const b = call.emitter
  const x = self(call)
  const over = axes(call, x)
  const correction = call.has('unbiased') ? Number(call.bool('unbiased')) : call.number('correction', 1)
  const away = b.op('Sub', [x, reduced(b, 'ReduceMean', x, over, true)])
  const mean = reduced(b, 'ReduceMean', b.op('Mul', [away, away]), over, keeps(call))
  if (correction === 0) return mean
  const sizes = over.map(axis => x.shape?.[axis])
  if (!sizes.every(size => typeof size === 'number'))
    throw new Refusal('a variance with a correction over a free axis')
  const count = (sizes as readonly number[]).reduce((product, size) => product * size, 1)
  return b.op('Mul', [mean, like(b, mean, count / (count - correction))])
}

const norm: Convert = call => {
  const b = call.emitter
  const x = self(call)
  const order = call.number(call.has('ord') ? 'ord' : 'p', 2)
  const over = axes(call, x)
  if (order === 2) return reduced(b, 'ReduceL2', x, over, keeps(call))
  if (order === 1) return reduced(b, 'ReduceL1', x, over, keeps(call))
  if (order === Infinity) return reduced(b, 'ReduceMax', unary(b, 'Abs', x), over, keeps(call))
  const powers = reduced(
    b,
    'ReduceSum',
    b.op('Pow', [unary(b, 'Abs', x), like(b, x, order)]),
    over,
    keeps(call),
  )
  return b.op('Pow', [powers, like(b, powers, 1 / order)])
}

const softmax =
  (op: string): Convert =>
  call => {
    const b = call.emitter
    const given = self(call)
    const x = cast(b, given, call.dtype('dtype') ?? given.dtype)
    if (rankOf(x) === 0) return like(b, x, op === 'Softmax' ? 1 : 0)
    return unary(b, op, x, { axis: { int: axisOf(call.int('dim'), rankOf(x)) } })
  }

const cumsum: Convert = call => {
  const b = call.emitter
  const given = self(call)
  const x = cast(b, given, call.dtype('dtype') ?? (isFloat(given.dtype) ? given.dtype : 'int64'))
  return b.op('CumSum', [x, b.scalar('int64', axisOf(call.int('dim'), rankOf(x)))])
}

const topk: Convert = call => {
  const x = self(call)
  const attributes = {
    axis: { int: axisOf(call.int('dim', -1), rankOf(x)) },
    largest: { int: call.bool('largest', true) ? 1 : 0 },
    sorted: { int: 1 },
  }
  return call.emitter.ops('TopK', [x, call.emitter.ints([call.int('k')])], 2, { attributes })
}

const sort: Convert = call => {
  const b = call.emitter
  const x = self(call)
  const axis = axisOf(call.int('dim', -1), rankOf(x))
  const all = b.op('Shape', [x], { attributes: { start: { int: axis }, end: { int: axis + 1 } } })
  const attributes = {
    axis: { int: axis },
    largest: { int: call.bool('descending', false) ? 1 : 0 },
    sorted: { int: 1 },
  }
  return b.ops('TopK', [x, all], 2, { attributes })
}

export const reductions: OpTable = table({
  sum: reduction('ReduceSum', 'sum'),
  mean: reduction('ReduceMean', 'mean'),
  prod: reduction('ReduceProd', 'sum'),
  amax: reduction('ReduceMax', 'same'),
  amin: reduction('ReduceMin', 'same'),
  max: extreme('Max'),
  min: extreme('Min'),
  argmax: place('ArgMax'),
  argmin: place('ArgMin'),
  any: test('ReduceMax'),
  all: test('ReduceMin'),
  var: variance,
  std: call => unary(call.emitter, 'Sqrt', variance(call)),
  norm,
  linalg_vector_norm: norm,
  logsumexp: call =>
    reduced(call.emitter, 'ReduceLogSumExp', self(call), axes(call, self(call)), keeps(call)),
  softmax: softmax('Softmax'),
  _softmax: softmax('Softmax'),
  log_softmax: softmax('LogSoftmax'),
  _log_softmax: softmax('LogSoftmax'),
  cumsum,
  topk,
  sort,
  argsort: call => {
    const sorted = sort(call) as readonly Value[]
    return sorted[1]!
  },
  // A tensor of one element as a number.
  item: call => squeeze(call.emitter, self(call), axes(call, self(call))),
  _local_scalar_dense: call => squeeze(call.emitter, self(call), axes(call, self(call))),
})
