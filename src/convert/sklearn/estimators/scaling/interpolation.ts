import type { Comparable } from '../comparable.ts'

/** One column's quantiles as pieces: element p of a list is for numbers with p points at most as large. */
export interface Line {
  /** Quantiles as they are compared, each once. */
  readonly points: readonly number[]
  /** Of a piece: where it begins, the value there going up from it, its slope, and the value of the point itself. */
  readonly starts: readonly number[]
  readonly values: readonly number[]
  readonly slopes: readonly number[]
  readonly own: readonly number[]
}

/**
 * The mean of numpy.interp(x, quantiles, references) and of the same from the other end, as pieces. Both agree but where
 * quantiles are equal. At a point it is what they give for the number that was sent.
 */
export function lineOf(quantiles: Float64Array, references: Float64Array, compared: Comparable): Line {
  const rounded = quantiles.map(compared.rounded)
  const points = [...new Set(rounded)]
  const first = points.map(point => references[rounded.indexOf(point)]!)
  const last = points.map(point => references[rounded.lastIndexOf(point)]!)
  const slopes = points.map((point, i) =>
    i + 1 < points.length ? (first[i + 1]! - last[i]!) / (points[i + 1]! - point) : 0,
  )
  const own = points.map(point => bothWays(compared.original(point), quantiles, references))
  return {
    points,
    starts: [points[0]!, ...points],
    values: [first[0]!, ...last],
    slopes: [0, ...slopes],
    own: [first[0]!, ...own],
  }
}

/** In float64, as scikit-learn computes it; at the ends it sets 0 and 1. */
function bothWays(x: number, quantiles: Float64Array, references: Float64Array): number {
  const end = quantiles.length - 1
  if (x === quantiles[0]) return 0
  if (x === quantiles[end]) return 1
  const above = quantiles.findIndex(quantile => quantile > x)
  const below = quantiles.findLastIndex(quantile => quantile < x)
  const up = between(x, quantiles, references, (above < 0 ? end + 1 : above) - 1)
  const down = between(x, quantiles, references, below + 1, -1)
  return (up + down) / 2
}

/** From the point at `from` towards the next in a direction. */
function between(
  x: number,
  quantiles: Float64Array,
  references: Float64Array,
  from: number,
  step: 1 | -1 = 1,
): number {
  const start = Math.min(Math.max(from, 0), quantiles.length - 1)
  const next = start + step
  if (x === quantiles[start] || next < 0 || next >= quantiles.length || from !== start)
    return references[start]!
  const slope = (references[next]! - references[start]!) / (quantiles[next]! - quantiles[start]!)
  return references[start]! + slope * (x - quantiles[start]!)
}
