import type { Counts } from './counts.ts'

/** Number types that are counted one by one: in float32 arithmetic, or in float64's. */
export const WIDE_DTYPES = ['float32', 'float64', 'int32', 'uint32', 'int64', 'uint64'] as const
export type WideDtype = (typeof WIDE_DTYPES)[number]

/** Number types of so few codes that how often each occurs says everything. */
export const CODE_DTYPES = ['float16', 'bfloat16', 'int16', 'uint16', 'int8', 'uint8'] as const
export type CodeDtype = (typeof CODE_DTYPES)[number]

/** Number types that `addStored` takes. Integers of 64 bits count rounded to float64. */
export type KernelDtype = WideDtype | CodeDtype
export const KERNEL_DTYPES: readonly KernelDtype[] = [...WIDE_DTYPES, ...CODE_DTYPES]

/** ggml's blocks that are dequantized and counted at once, and the bytes of each. */
export const KERNEL_BLOCKS = {
  q4_0: { bytes: 18, elements: 32 },
  q8_0: { bytes: 34, elements: 32 },
  q4_k: { bytes: 144, elements: 256 },
  q5_k: { bytes: 176, elements: 256 },
  q6_k: { bytes: 210, elements: 256 },
} as const
export type KernelBlock = keyof typeof KERNEL_BLOCKS

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
   * bfloat16 keeps), so that a histogram needs no range beforehand. float64 counts by the nearest float32, beyond
   * them in the last bucket. Buckets of NaNs and infinities mean nothing.
   */
  readonly buckets: Counts
}

/** Codes of one or two bytes, and the numbers that each stands for. */
export interface Codes {
  readonly bytes: 1 | 2
  /** Of code 0, then of code 1 …: one number each, or several where one byte holds several elements. */
  readonly numbers: Float32Array
}

/**
 * Takes numbers as they come. The result does not depend on how they were cut into pieces.
 *
 * Wide numbers: sums are taken over blocks of `BLOCK` elements from the start of the stream, each shifted by its
 * first finite value, and merged by Chan, Golub and LeVeque 1979. The shift bounds the error: within a block of n
 * elements the sum of squares about a member is at most (n + 1) times that about the mean, so cancellation costs no
 * more than three digits of sixteen, whatever the mean.
 *
 * Codes: it is counted how often each occurs, and the moments are taken from the counts, by two passes.
 *
 * A stream of several types counts as several streams, merged.
 */
export interface StatisticsAccumulator {
  /**
   * Memory that bytes can be read into, `ROOM_BYTES` of it: `addStored` and `addCodes` take them from there without
   * a copy. Its content is lost with each call. Absent where there is none.
   */
  readonly room?: Uint8Array
  /** Little-endian elements of `dtype`, whole ones. */
  addStored(bytes: Uint8Array, dtype: KernelDtype): void
  /** Whole codes. Calls for the same stream give the same object. */
  addCodes(bytes: Uint8Array, codes: Codes): void
  /** Whole blocks: counts their numbers as float32. Absent where WASM is; `add` takes numbers that are dequantized. */
  addBlocks?(bytes: Uint8Array, dtype: KernelBlock): void
  add(values: Float32Array | Float64Array): void
  /** The result, and a fresh start. */
  finish(): Moments
}

/** What counts: WASM, or plain TypeScript. One kind of numbers between two `take`s. */
export interface Counter {
  readonly room?: Uint8Array
  /** Whole elements. */
  addWide(bytes: Uint8Array, dtype: WideDtype): void
  /** Whole blocks. Their numbers fill up what is counted at once evenly. */
  addBlocks?(bytes: Uint8Array, dtype: KernelBlock): void
  /** Whole codes of 16 bits. */
  addPairs(bytes: Uint8Array): void
  /** Of the wide numbers, and a fresh start. */
  takeMoments(): Moments
  /** How often each code of 16 bits occurred, and a fresh start. */
  takeCounts(): Counts
}
