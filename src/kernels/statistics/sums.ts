import type { Counts } from './counts.ts'
import type { Moments } from './types.ts'

/** Running sums of the plain implementation. */
export class Sums {
  finite = 0
  /** The first block's shift. The running mean is kept from there, so that a large mean costs no digits. */
  origin = 0
  /** From `origin`. */
  mean = 0
  /** The sum of squared deviations from the mean. */
  squares = 0
  min: number = Number.POSITIVE_INFINITY
  max: number = Number.NEGATIVE_INFINITY
  zeros = 0
  nans = 0
  positiveInfinities = 0
  negativeInfinities = 0

  /** A block of `count` numbers by its sums about `shift`. */
  merge(count: number, shift: number, sum: number, squares: number): void {
    if (this.finite === 0) this.origin = shift
    const offset = sum / count
    this.#add(count, shift - this.origin + offset, Math.max(0, squares - sum * offset))
  }

  /** A block of `count` numbers by its mean and its sum of squared deviations. */
  mergeMoments(count: number, mean: number, squares: number): void {
    if (this.finite === 0) this.origin = mean
    this.#add(count, mean - this.origin, squares)
  }

  /** Chan, Golub and LeVeque 1979, "Updating formulae and a pairwise algorithm for computing sample variances", (2.1). */
  #add(count: number, mean: number, squares: number): void {
    const before = this.finite
    const after = before + count
    const delta = mean - this.mean
    this.finite = after
    this.mean += (delta * count) / after
    this.squares = this.squares + squares + (delta * delta * before * count) / after
  }

  countNonFinite(value: number, count = 1): void {
    if (value === Number.POSITIVE_INFINITY) this.positiveInfinities += count
    else if (value === Number.NEGATIVE_INFINITY) this.negativeInfinities += count
    else this.nans += count
  }

  moments(buckets: Counts): Moments {
    return momentsOf(this, buckets)
  }
}

type State = {
  readonly [key in keyof Sums as Sums[key] extends number ? key : never]: Sums[key]
}

export function momentsOf(sums: State, buckets: Counts): Moments {
  const { finite, zeros, nans, positiveInfinities, negativeInfinities } = sums
  const some = finite > 0
  return {
    count: finite + nans + positiveInfinities + negativeInfinities,
    finite,
    mean: some ? sums.origin + sums.mean : Number.NaN,
    std: some ? Math.sqrt(overflowing(sums.squares) / finite) : Number.NaN,
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

/** A sum over finite numbers is none only where squares of float64 overflowed, on both sides of a difference. */
function overflowing(squares: number): number {
  return Number.isNaN(squares) ? Number.POSITIVE_INFINITY : squares
}
