import { BUCKETS } from '../layout.ts'
import type { Moments } from './types.ts'

/** Running sums of the plain implementation; `squares` is the sum of squared deviations from the mean. */
export class Sums {
  finite = 0
  /** The first block's shift. The running mean is kept from there, so that a large mean costs no digits. */
  origin = 0
  /** From `origin`. */
  mean = 0
  squares = 0
  min: number = Number.POSITIVE_INFINITY
  max: number = Number.NEGATIVE_INFINITY
  zeros = 0
  nans = 0
  positiveInfinities = 0
  negativeInfinities = 0
  readonly buckets: Float64Array = new Float64Array(BUCKETS)

  /** Chan, Golub and LeVeque 1979, "Updating formulae and a pairwise algorithm for computing sample variances", (2.1). */
  merge(count: number, shift: number, sum: number, squares: number): void {
    const before = this.finite
    if (before === 0) this.origin = shift
    const offset = sum / count
    const delta = shift - this.origin + offset - this.mean
    const after = before + count
    this.finite = after
    this.mean += (delta * count) / after
    const within = Math.max(0, squares - sum * offset)
    this.squares = this.squares + within + (delta * delta * before * count) / after
  }

  countNonFinite(value: number): void {
    if (value === Number.POSITIVE_INFINITY) this.positiveInfinities++
    else if (value === Number.NEGATIVE_INFINITY) this.negativeInfinities++
    else this.nans++
  }
}

export function momentsOf(sums: Omit<Sums, 'merge' | 'countNonFinite'>): Moments {
  const { finite, zeros, nans, positiveInfinities, negativeInfinities, buckets } = sums
  const some = finite > 0
  return {
    count: finite + nans + positiveInfinities + negativeInfinities,
    finite,
    mean: some ? sums.origin + sums.mean : Number.NaN,
    std: some ? Math.sqrt(sums.squares / finite) : Number.NaN,
    // Plus zero makes a plain zero of a negative one.
    min: some ? sums.min + 0 : Number.NaN,
    max: some ? sums.max + 0 : Number.NaN,
    zeros,
    nans,
    positiveInfinities,
    negativeInfinities,
    buckets,
  }
}
