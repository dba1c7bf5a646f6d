/** Number types that the kernels decode by themselves; each of their values is a float32 exactly. */
export const KERNEL_DTYPES = ['float32', 'float16', 'bfloat16', 'int16', 'uint16', 'int8', 'uint8'] as const
export type KernelDtype = (typeof KERNEL_DTYPES)[number]

/** Counts and moments of a stream of numbers. Moments and extremes are over the finite ones alone. */
export interface Moments {
  /** Numbers in all. */
  readonly count: number
  readonly finite: number
  /** NaN where nothing is finite, as are `std`, `min` and `max`. */
  readonly mean: number
  /** Of the population: the root of the sum of squared deviations over `finite`, without Bessel's correction. */
  readonly std: number
  readonly min: number
  readonly max: number
  readonly zeros: number
  readonly nans: number
  readonly positiveInfinities: number
  readonly negativeInfinities: number
  /**
   * How many numbers have each value of a float32's upper 16 bits (sign, exponent, seven bits of mantissa: what
   * bfloat16 keeps), so that a histogram needs no range beforehand. Entries of NaNs and infinities mean nothing.
   */
  readonly buckets: Float64Array
}

/**
 * Takes numbers as they come. The result depends on their order alone, not on how they were cut into pieces: sums
 * are taken over blocks of `BLOCK` elements from the start of the stream, each shifted by its first finite value,
 * and merged by Chan, Golub and LeVeque 1979. The shift bounds the error: within a block of n elements the sum of
 * squares about a member is at most (n + 1) times that about the mean, so cancellation costs no more than three
 * digits of sixteen, whatever the mean.
 */
export interface StatisticsAccumulator {
  /** Little-endian elements of `dtype`, whole ones. */
  addStored(bytes: Uint8Array, dtype: KernelDtype): void
  add(values: Float32Array): void
  /** The result, and a fresh start. */
  finish(): Moments
}
