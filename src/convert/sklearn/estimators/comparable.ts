import type { Emitter, Value } from '../../graph/types.ts'
import type { Columns } from '../columns.ts'

/** Columns that are held against numbers which the model learnt from the same column: edges, quantiles, thresholds. */
export interface Comparable {
  readonly x: Value
  /** A learnt number in x's type. */
  rounded(learnt: number): number
  /** The number that was sent where x is this one. */
  original(x: number): number
  /** The least x that stands for a number of at least `learnt`. */
  atLeast(learnt: number): number
  /** The least x that stands for a number above `learnt`. */
  above(learnt: number): number
}

/**
 * A column that comes as it was sent is float32, and its owner's number was a decimal, which scikit-learn held in float64
 * against what it had learnt. That is told here as well: by the decimal that rounds to an edge, the edge counts as met or
 * not. What was computed on the way is compared in float64.
 *
 *   edge 5.1999999999999993, sent 5.2 = 5.19999981 in float32: at least the edge, as scikit-learn says
 *   edge 5.2000000000000002, sent 5.2: below it
 */
export function comparable(emitter: Emitter, columns: Columns): Comparable {
  const sent = columns.dtypes.every(dtype => dtype === 'float32')
  return sent
    ? { ...SENT, x: columns.matrix(emitter, 'float32') }
    : { ...COMPUTED, x: columns.matrix(emitter, 'float64') }
}

const SENT: Omit<Comparable, 'x'> = {
  rounded: Math.fround,
  original: decimalOf,
  atLeast: learnt => (decimalOf(Math.fround(learnt)) >= learnt ? Math.fround(learnt) : nextFloat(learnt)),
  above: learnt => (decimalOf(Math.fround(learnt)) > learnt ? Math.fround(learnt) : nextFloat(learnt)),
}

const COMPUTED: Omit<Comparable, 'x'> = {
  rounded: learnt => learnt,
  original: x => x,
  atLeast: learnt => learnt,
  above: nextDouble,
}

/** The shortest decimal that rounds to this float32: what its owner wrote, up to 7 digits. */
export function decimalOf(float: number): number {
  if (!Number.isFinite(float)) return float
  for (let digits = 1; digits < 9; digits++) {
    const decimal = Number(float.toPrecision(digits))
    if (Math.fround(decimal) === float) return decimal
  }
  return float
}

/** The float32 above a number's. */
function nextFloat(number: number): number {
  const floats = Float32Array.of(number === 0 ? 0 : number)
  if (!Number.isFinite(floats[0]!)) return floats[0]!
  const bits = new Int32Array(floats.buffer)
  bits[0]! += floats[0]! >= 0 ? 1 : -1
  return floats[0]!
}

function nextDouble(number: number): number {
  const doubles = Float64Array.of(number === 0 ? 0 : number)
  if (!Number.isFinite(number)) return number
  const bits = new BigInt64Array(doubles.buffer)
  bits[0]! += number >= 0 ? 1n : -1n
  return doubles[0]!
}
