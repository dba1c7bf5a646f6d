import { cast } from '../../graph/cast.ts'
import type { Emitter, Value } from '../../graph/types.ts'
import { rowsOf } from '../columns.ts'

/**
 * How many of a column's sorted edges are at most x (numpy's searchsorted, side 'right'), for each column: int64 [N, k] of
 * x [N, k]. Edges have x's type, float32 or float64; columns may have as many as they like. NaN is above none.
 */
export function countAtMost(emitter: Emitter, x: Value, edges: readonly ArrayLike<number>[]): Value {
  const most = edges.reduce((longest, { length }) => Math.max(longest, length), 0)
  return most <= MAX_COMPARED ? byComparing(emitter, x, edges, most) : byHalving(emitter, x, edges, most)
}

/** Edges of one column that are all compared; of more, the place is found by halving. */
const MAX_COMPARED = 32

function byComparing(emitter: Emitter, x: Value, edges: readonly ArrayLike<number>[], most: number): Value {
  const [rows, k] = [rowsOf(x), edges.length]
  const table = emitter.constant(x.dtype, [k, most], padded(edges, most))
  const column = emitter.op('Unsqueeze', [x, emitter.ints([2])], {
    types: [{ dtype: x.dtype, shape: [rows, k, 1] }],
  })
  const above = emitter.op('LessOrEqual', [table, column], {
    types: [{ dtype: 'bool', shape: [rows, k, most] }],
  })
  return emitter.op('ReduceSum', [cast(emitter, above, 'int64'), emitter.ints([2])], {
    attributes: { keepdims: { int: 0 } },
    types: [{ dtype: 'int64', shape: [rows, k] }],
  })
}

/** Steps of 2^m, 2^(m−1) … 1 over edges that are padded to 2^(m+1) − 1. */
function byHalving(emitter: Emitter, x: Value, edges: readonly ArrayLike<number>[], most: number): Value {
  const bits = Math.ceil(Math.log2(most + 1))
  const width = 2 ** bits - 1
  const [rows, k] = [rowsOf(x), edges.length]
  const grid = { types: [{ dtype: 'int64', shape: [rows, k] }] } as const
  const table = emitter.constant(x.dtype, [k * width], padded(edges, width))
  const starts = (step: number): Value =>
    emitter.constant(
      'int64',
      [k],
      Array.from(edges, (_, column) => column * width + step - 1),
    )
  let place: Value | undefined
  for (let bit = bits - 1; bit >= 0; bit--) {
    const step = 2 ** bit
    const at = place ? emitter.op('Add', [place, starts(step)], grid) : starts(step)
    const edge = emitter.op('Gather', [table, at], { types: [{ dtype: x.dtype, shape: at.shape ?? [] }] })
    const above = emitter.op('LessOrEqual', [edge, x], { types: [{ dtype: 'bool', shape: [rows, k] }] })
    const taken = emitter.op('Mul', [cast(emitter, above, 'int64'), emitter.scalar('int64', step)], grid)
    place = place ? emitter.op('Add', [place, taken], grid) : taken
  }
  return place!
}

/** One after another, each filled up with what nothing reaches. */
function padded(edges: readonly ArrayLike<number>[], width: number): number[] {
  return edges.flatMap(column =>
    Array.from({ length: width }, (_, i) => (i < column.length ? column[i]! : Number.NaN)),
  )
}

/** For each column, the element of its table at a place: [N, k] of places int64 [N, k] below the tables' length. */
export function lookedUp(
  emitter: Emitter,
  tables: readonly ArrayLike<number>[],
  places: Value,
  dtype: 'float32' | 'float64' | 'int64',
): Value {
  const width = tables.reduce((longest, { length }) => Math.max(longest, length), 1)
  const k = tables.length
  const flat = tables.flatMap(table => Array.from({ length: width }, (_, i) => table[i] ?? 0))
  const table = emitter.constant(dtype, [k * width], flat)
  const starts = emitter.constant(
    'int64',
    [k],
    Array.from(tables, (_, column) => column * width),
  )
  const { shape = [null, k] } = places
  const at = k === 1 ? places : emitter.op('Add', [places, starts], { types: [{ dtype: 'int64', shape }] })
  return emitter.op('Gather', [table, at], { types: [{ dtype, shape }] })
}
