import type { Value } from '../../../graph/types.ts'
import type { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { type Matrix, matrixOf } from '../../arithmetic/matrix.ts'
import type { Columns } from '../../columns.ts'
import type { Fitted } from '../../estimator.ts'

/** Decimals that a float32 can still tell apart. */
const MAX_DECIMALS = 6
/** Fitted elements that are looked at. */
const MAX_LOOKED_AT = 4_000_000

export interface Compared {
  /** Float64 [N, F]. */
  readonly x: Value
  /** Float64 [M, F]. */
  readonly y: Value
  readonly rows: number
}

/**
 * The rows that are asked about, and the fitted ones, so that equal rows are equal although the input is float32 and the
 * fitted rows were float64: 5.1 came as 5.0999999. Where fitted rows are decimals, what came is the decimal that it
 * was rounded from; else the fitted rows are rounded as well. Neither moves anything by more than float32 rounds. What
 * a step in front has computed is taken as it is.
 */
export async function comparedRows(m: Arithmetic, estimator: Fitted, input: Columns): Promise<Compared> {
  const fitted = await matrixOf(estimator, '_fit_X', [null, input.width])
  const x = input.matrix(m.emitter, 'float64')
  const y = fitted.weight(m.emitter)
  const { rows } = fitted
  const dtypes = new Set(input.dtypes)
  if (input.open || !dtypes.has('float32') || dtypes.has('float64')) return { x, y, rows }
  const decimals = await decimalsOf(fitted)
  if (decimals === undefined) return { x, y: rounded(m, y), rows }
  return { x: decimals.every(count => count === 0) ? x : restored(m, x, decimals), y, rows }
}

const rounded = (m: Arithmetic, x: Value): Value => m.cast(m.cast(x, 'float32'), 'float64')

/** The decimal of that many places that is nearest, where float32 rounds it to x; else x. */
function restored(m: Arithmetic, x: Value, decimals: readonly number[]): Value {
  const scale = m.numbers(decimals.map(count => 10 ** count))
  const decimal = m.div(m.of('Round', m.mul(x, scale)), scale)
  return m.where(m.equal(rounded(m, decimal), x), decimal, x)
}

/** How many decimals each column's elements have at most; undefined where they are no decimals, or too many to look at. */
async function decimalsOf({ rows, columns, floats }: Matrix): Promise<readonly number[] | undefined> {
  if (rows * columns > MAX_LOOKED_AT || rows === 0) return undefined
  const all = await floats()
  const counts = new Array<number>(columns).fill(0)
  for (const [i, element] of all.entries()) {
    const column = i % columns
    let count = counts[column]!
    while (count <= MAX_DECIMALS && Math.round(element * 10 ** count) / 10 ** count !== element) count++
    if (count > MAX_DECIMALS) return undefined
    counts[column] = count
  }
  return counts
}
