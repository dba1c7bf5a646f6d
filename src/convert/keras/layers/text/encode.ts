import type { OnnxDtype } from '../../../../formats/index.ts'
import type { Emitter, Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { cast, shapeOf } from '../../emit.ts'

export type EncodingMode = 'one_hot' | 'multi_hot' | 'count'

export interface Encoding {
  readonly mode: EncodingMode
  /** Columns; indices beyond them are left out. */
  readonly depth: number
  readonly dtype: OnnxDtype
  /** Of `count`: what each index adds, instead of 1. */
  readonly weights?: Value | undefined
}

/** Indices (int64) as columns that hold ones or counts, of the last axis. */
export function encodeIndices(b: Emitter, indices: Value, encoding: Encoding): Value {
  const { mode, depth, dtype } = encoding
  const rank = shapeOf(indices).length
  if (mode === 'one_hot') return oneHot(b, rank > 1 ? withoutSingle(b, indices) : indices, depth, dtype)
  if (rank === 1)
    return b.op('Squeeze', [hits(b, b.op('Unsqueeze', [indices, b.ints([0])]), encoding), b.ints([0])])
  if (rank === 2) return hits(b, indices, encoding)
  throw new Refusal(`${mode} of a tensor with ${rank} axes`)
}

/** An axis of one, at the end, becomes that of the columns. */
function withoutSingle(b: Emitter, x: Value): Value {
  return shapeOf(x).at(-1) === 1 ? b.op('Squeeze', [x, b.ints([-1])]) : x
}

function oneHot(b: Emitter, indices: Value, depth: number, dtype: OnnxDtype): Value {
  // ONNX counts negative indices from the end.
  const known = b.op('Where', [isColumn(b, indices, depth), indices, b.scalar('int64', depth)])
  const columns = b.op('OneHot', [known, b.scalar('int64', depth), b.constant('float32', [2], [0, 1])], {
    types: [{ dtype: 'float32', shape: [...shapeOf(indices), depth] }],
  })
  return cast(b, columns, dtype)
}

/** [rows, indices] to [rows, depth]: 1 where an index is in the row, or how often it is. */
function hits(b: Emitter, indices: Value, { mode, depth, dtype, weights }: Encoding): Value {
  const rows = b.op('Shape', [indices], { attributes: { end: { int: 1 } } })
  const shape = b.op('Concat', [rows, b.ints([depth + 1])], { attributes: { axis: { int: 0 } } })
  const zeros = b.op('Expand', [b.scalar('float32', 0), shape])
  // What has no column goes to one of its own, which is cut off.
  const places = b.op('Where', [isColumn(b, indices, depth), indices, b.scalar('int64', depth)])
  const given = weights ? cast(b, weights, 'float32') : undefined
  const ones = given ?? b.op('Expand', [b.scalar('float32', 1), b.op('Shape', [indices])])
  const found = b.op('ScatterElements', [zeros, places, ones], {
    attributes: { axis: { int: 1 }, reduction: { text: mode === 'count' ? 'add' : 'max' } },
  })
  return cast(b, b.op('Slice', [found, b.ints([0]), b.ints([depth]), b.ints([1])]), dtype)
}

function isColumn(b: Emitter, indices: Value, depth: number): Value {
  return b.op('And', [
    b.op('GreaterOrEqual', [indices, b.scalar('int64', 0)]),
    b.op('Less', [indices, b.scalar('int64', depth)]),
  ])
}
