import type { Emitter, Value } from '../../graph/types.ts'
import type { Convert, OpCall, OpTable } from '../op.ts'
import { cast, input, int64, invalid, like, rankOf } from './emit.ts'
import { filledRows, scatterRows } from './scatter-rows.ts'

const concat = (b: Emitter, parts: readonly Value[]): Value =>
  b.op('Concat', parts, { attributes: { axis: { int: 0 } } })

/** Each is a node or two. */
const MAX_PARTITIONS = 65_536

/** Rows by the number that each has, in as many tensors. */
const partition: Convert = call => {
  const { emitter: b, attributes } = call
  const [data, numbers] = [input(call, 0), input(call, 1)]
  const count = attributes.int('num_partitions')
  if (count < 1 || count > MAX_PARTITIONS) throw invalid(`${call.op} '${call.name}' has ${count} partitions`)
  const axes = rankOf(numbers)
  const behind = b.op('Shape', [data], { attributes: { start: { int: axes } } })
  const rows = axes === 1 ? data : b.op('Reshape', [data, concat(b, [b.ints([-1]), behind])])
  const flat = axes === 1 ? numbers : b.op('Reshape', [numbers, b.ints([-1])])
  return Array.from({ length: count }, (_, i) => {
    const own = b.op('Equal', [flat, like(b, numbers, i)])
    return b.op('Compress', [rows, own], { attributes: { axis: { int: 0 } } })
  })
}

/** Rows put together by the place that each has: indices first, then as many tensors. */
const stitch: Convert = call => {
  const { emitter: b } = call
  const half = call.inputs.length / 2
  if (!Number.isInteger(half) || half < 1) throw invalid(`${call.op} '${call.name}' has ${2 * half} inputs`)
  const places = Array.from({ length: half }, (_, i) => input(call, i))
  const data = places.map((place, i) => rowsOf(b, input(call, half + i), rankOf(place)))
  const all = concat(
    b,
    places.map(place => b.op('Reshape', [int64(b, place), b.ints([-1])])),
  )
  const rows = concat(b, data)
  const last = b.op('ReduceMax', [concat(b, [b.ints([-1]), all]), b.ints([0])], {
    attributes: { keepdims: { int: 1 } },
  })
  const count = b.op('Add', [last, b.ints([1])])
  const behind = b.op('Shape', [rows], { attributes: { start: { int: 1 } } })
  const base = b.op('Expand', [like(b, rows, 0), concat(b, [count, behind])])
  return b.op('ScatterND', [base, b.op('Unsqueeze', [all, b.ints([-1])]), rows])
}

/** [n, …] of data whose first axes are those of its places. */
function rowsOf(b: Emitter, data: Value, axes: number): Value {
  if (axes === 1) return data
  const behind = b.op('Shape', [data], { attributes: { start: { int: axes } } })
  return b.op('Reshape', [data, concat(b, [b.ints([-1]), behind])])
}

/** Elements of one step along each axis of a shape of `rank` sizes. */
function steps(b: Emitter, shape: Value, rank: number): Value {
  const parts = Array.from({ length: rank }, (_, i) =>
    b.op('ReduceProd', [b.op('Slice', [shape, b.ints([i + 1]), b.ints([rank])]), b.ints([0])], {
      attributes: { keepdims: { int: 1 } },
    }),
  )
  return concat(b, parts)
}

/** Places `[n, r]` in a tensor of one shape as places in another shape with as many elements; −1 takes what is left. */
const sparseReshape: Convert = call => {
  const { emitter: b } = call
  const places = input(call, 0)
  const [from, wanted] = [int64(b, input(call, 1)), int64(b, input(call, 2))]
  const [before, after] = [ranks(call, from), ranks(call, wanted)]
  const isLeft = b.op('Equal', [wanted, b.scalar('int64', -1)])
  const others = b.op('Where', [isLeft, b.scalar('int64', 1), wanted])
  const total = (v: Value) => b.op('ReduceProd', [v, b.ints([0])], { attributes: { keepdims: { int: 1 } } })
  const to = b.op('Where', [isLeft, b.op('Div', [total(from), total(others)]), wanted])
  const flat = b.op('ReduceSum', [b.op('Mul', [places, steps(b, from, before)]), b.ints([1])], {
    attributes: { keepdims: { int: 1 } },
  })
  return [b.op('Mod', [b.op('Div', [flat, steps(b, to, after)]), to]), to]
}

function ranks(call: OpCall, shape: Value): number {
  const rank = shape.shape?.[0]
  if (typeof rank === 'number') return rank
  throw invalid(`${call.op} '${call.name}' has a shape whose rank is not known`)
}

/**
 * Rows without an element get one at column 0: places, values, which rows were empty, and where each of the given
 * elements is now.
 */
const fillEmptyRows: Convert = call => {
  const { emitter: b } = call
  const [places, values, shape, element] = [input(call, 0), input(call, 1), input(call, 2), input(call, 3)]
  const rows = b.op('Gather', [places, b.scalar('int64', 0)], { attributes: { axis: { int: 1 } } })
  const isEmpty = emptyRows(b, rows, b.op('Slice', [shape, b.ints([0]), b.ints([1])]))
  const empty = b.op('Transpose', [b.op('NonZero', [isEmpty])], { attributes: { perm: { ints: [1, 0] } } })
  const width = b.op('Shape', [places], { attributes: { start: { int: 1 } } })
  const more = b.op('Shape', [empty], { attributes: { start: { int: 0 }, end: { int: 1 } } })
  const zeros = b.op('Expand', [b.scalar('int64', 0), concat(b, [more, b.op('Sub', [width, b.ints([1])])])])
  const added = b.op('Concat', [empty, zeros], { attributes: { axis: { int: 1 } } })
  const allRows = concat(b, [rows, b.op('Reshape', [empty, b.ints([-1])])])
  // The order of rows; elements of one row keep theirs, as TopK gives the first of equals first.
  const [, order] = b.ops('TopK', [allRows, b.op('Shape', [allRows])], 2, {
    attributes: { axis: { int: 0 }, largest: { int: 0 }, sorted: { int: 1 } },
  })
  const ordered = (v: Value): Value => b.op('Gather', [v, order!])
  const filled = concat(b, [values, b.op('Expand', [element, more])])
  const count = b.op('Range', [b.scalar('int64', 0), b.op('Size', [allRows]), b.scalar('int64', 1)])
  const inverse = b.op('ScatterElements', [order!, order!, count])
  const own = b.op('Slice', [inverse, b.ints([0]), b.op('Shape', [rows])])
  return [ordered(concat(b, [places, added])), ordered(filled), isEmpty, own]
}

function emptyRows(b: Emitter, rows: Value, count: Value): Value {
  const ones = b.op('Expand', [b.scalar('int32', 1), b.op('Shape', [b.op('Unsqueeze', [rows, b.ints([1])])])])
  const base = filledRows(b, b.scalar('int32', 0), count, b.ints([1]))
  const counts = scatterRows(b, { base, rows, updates: ones, reduction: 'add' })
  const flat = b.op('Reshape', [counts, b.ints([-1])])
  return b.op('Not', [cast(b, flat, 'bool')])
}

export const partitionOps: OpTable = {
  DynamicPartition: { convert: partition },
  DynamicStitch: { convert: stitch },
  ParallelDynamicStitch: { convert: stitch },
  SparseReshape: { convert: sparseReshape },
  SparseFillEmptyRows: { convert: fillEmptyRows },
}
