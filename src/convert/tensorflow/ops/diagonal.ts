import type { Emitter, Size, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import type { Convert, OpCall, OpTable } from '../op.ts'
import { emit, input, int64, like, rankOf } from './emit.ts'

/** A size of one axis, as int64 in one axis. */
function sizeOf(b: Emitter, x: Value, axis: number): Value {
  const at = axis < 0 ? axis + rankOf(x) : axis
  return b.op('Shape', [x], { attributes: { start: { int: at }, end: { int: at + 1 } } })
}

/** 0, 1, …, size − 1. */
function indices(b: Emitter, size: Value): Value {
  const count = b.op('Squeeze', [size, b.ints([0])])
  return b.op('Range', [b.scalar('int64', 0), count, b.scalar('int64', 1)])
}

/** Where row and column are the same: [rows, columns] of bool. */
function identity(b: Emitter, rows: Value, columns: Value): Value {
  const down = b.op('Unsqueeze', [indices(b, rows), b.ints([1])])
  return b.op('Equal', [down, indices(b, columns)])
}

/** Elements near the diagonal: `lower` below and `upper` above it, −1 for all. */
const bandPart: Convert = call => {
  const { emitter: b } = call
  const x = input(call, 0)
  rankOf(x)
  const lower = bandOf(b, input(call, 1), sizeOf(b, x, -2))
  const upper = bandOf(b, input(call, 2), sizeOf(b, x, -1))
  const above = upper ? emit(b, 'Trilu', [x, upper], { computed: [0], attributes: { upper: { int: 0 } } }) : x
  if (!lower) return above
  const from = b.op('Neg', [lower])
  return emit(b, 'Trilu', [above, from], { computed: [0], attributes: { upper: { int: 1 } } })
}

/** How far a band reaches; undefined where all of it is known to be taken. */
function bandOf(b: Emitter, given: Value, size: Value): Value | undefined {
  const reach = int64(b, given)
  const known = reach.known?.[0]
  if (typeof known === 'number') return known < 0 ? undefined : reach
  const all = b.op('Squeeze', [size, b.ints([0])])
  return b.op('Where', [b.op('Less', [reach, b.scalar('int64', 0)]), all, reach])
}

/** The diagonal that is meant, of V2 and V3: 0 is the main one. */
async function offsetOf(call: OpCall, at: number): Promise<number> {
  if (call.inputs.length <= at) return 0
  const offsets = await call.integers(at)
  const [k = 0] = offsets
  if (offsets.some(other => other !== k))
    throw new Refusal(`k=[${offsets.join(', ')}]`, 'One diagonal a call.')
  return k
}

/** Vectors along diagonals of matrices that are `padding` elsewhere. */
const matrixDiag: Convert = async call => {
  const { emitter: b } = call
  const x = input(call, 0)
  rankOf(x)
  const k = await offsetOf(call, 1)
  for (const at of [2, 3])
    if (call.inputs.length > at && (await call.integers(at))[0] !== -1)
      throw new Refusal('num_rows or num_cols', 'Leave them out.')
  const padding = call.inputs[4] ?? like(b, x, 0)
  const size = sizeOf(b, x, -1)
  const spread = b.op('Unsqueeze', [x, b.ints([-1])])
  const square = emit(b, 'Where', [identity(b, size, size), spread, padding], { computed: [1, 2] })
  return k === 0 ? square : shifted(b, square, padding, k)
}

/** Matrices with |k| more rows and columns, so that their diagonal stands k beside. */
function shifted(b: Emitter, x: Value, padding: Value, k: number): Value {
  const [rows, columns] = [Math.max(-k, 0), Math.max(k, 0)]
  const axes = b.ints([-2, -1])
  return emit(b, 'Pad', [x, b.ints([rows, columns, columns, rows]), padding, axes], { computed: [0, 2] })
}

/** Diagonals of matrices: element i of one stands at row i + max(−k, 0), column i + max(k, 0). */
const matrixDiagPart: Convert = async call => {
  const { emitter: b } = call
  const x = input(call, 0)
  const rank = rankOf(x)
  const k = await offsetOf(call, 1)
  const [rows, columns] = [sizeOf(b, x, -2), sizeOf(b, x, -1)]
  const left = (size: Value, skipped: number) => b.op('Sub', [size, b.ints([skipped])])
  const count = b.op('Min', [left(rows, Math.max(-k, 0)), left(columns, Math.max(k, 0))])
  const i = indices(b, count)
  const down = b.op('Mul', [b.op('Add', [i, b.scalar('int64', Math.max(-k, 0))]), columns])
  const at = b.op('Add', [down, b.op('Add', [i, b.scalar('int64', Math.max(k, 0))])])
  const flat = b.op('Reshape', [x, b.ints([...Array.from({ length: rank - 2 }, () => 0), -1])])
  return b.op('Gather', [flat, at], { attributes: { axis: { int: rank - 2 } } })
}

const fits = (a: Size | undefined, b: Size | undefined): boolean =>
  typeof a !== 'number' || typeof b !== 'number' || a <= b

/** Matrices with other diagonals. */
const matrixSetDiag: Convert = async call => {
  const { emitter: b } = call
  const [x, diagonal] = [input(call, 0), input(call, 1)]
  const rank = rankOf(x)
  if ((await offsetOf(call, 2)) !== 0) throw new Refusal('of another diagonal than the main one')
  const [rows, columns] = [x.shape![rank - 2], x.shape![rank - 1]]
  // As many as the shorter side: they stand beside the rows, or below the columns.
  const spread = b.op('Unsqueeze', [diagonal, b.ints([fits(rows, columns) ? -1 : -2])])
  const mask = identity(b, sizeOf(b, x, -2), sizeOf(b, x, -1))
  return emit(b, 'Where', [mask, spread, x], { computed: [1, 2] })
}

const single =
  (rank: number, convert: Convert): Convert =>
  call => {
    if (rankOf(input(call, 0)) !== rank) throw new Refusal(`of a tensor of ${rankOf(input(call, 0))} axes`)
    return convert(call)
  }

export const diagonalOps: OpTable = {
  MatrixBandPart: { convert: bandPart },
  BatchMatrixBandPart: { convert: bandPart },
  MatrixDiag: { convert: matrixDiag },
  MatrixDiagV2: { convert: matrixDiag, limits: 'one diagonal, of square matrices' },
  MatrixDiagV3: { convert: matrixDiag, limits: 'one diagonal, of square matrices' },
  MatrixDiagPart: { convert: matrixDiagPart },
  MatrixDiagPartV2: { convert: matrixDiagPart, limits: 'one diagonal' },
  MatrixDiagPartV3: { convert: matrixDiagPart, limits: 'one diagonal' },
  MatrixSetDiag: { convert: matrixSetDiag },
  MatrixSetDiagV2: { convert: matrixSetDiag, limits: 'the main diagonal' },
  MatrixSetDiagV3: { convert: matrixSetDiag, limits: 'the main diagonal' },
  Diag: { convert: single(1, matrixDiag), limits: 'of vectors' },
  DiagPart: { convert: single(2, matrixDiagPart), limits: 'of matrices' },
}
