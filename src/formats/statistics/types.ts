import type { Histogram } from '../../kernels/index.ts'
import type { TensorDtype } from '../types.ts'

/** A number as JSON has it; sums of float64 may overflow. */
export type JsonNumber = number | 'Infinity' | '-Infinity' | 'NaN'

/** Statistics of numbers. Moments, extremes and histogram are over the finite ones; absent where there are none. */
export interface Statistics {
  /** Numbers that were counted: elements, twice as many where they are complex. */
  readonly count: number
  readonly mean?: JsonNumber
  /** Of the population (divided by the count, as `numpy.std` does by default). */
  readonly std?: JsonNumber
  readonly min?: number
  readonly max?: number
  readonly zeros: number
  readonly nans: number
  readonly positiveInfinities: number
  readonly negativeInfinities: number
  /** Bins of equal width; see `histogramOf` for its error. */
  readonly histogram: Histogram
}

/** Of the numbers that one tensor stands for: dequantized ones where it is quantized. */
export interface TensorStatistics extends Statistics {
  readonly name: string
  readonly dtype: TensorDtype
  readonly shape: readonly number[]
  /** What a person should look at: `all 4096 values are 0`, `3 of 4096 values are NaN`. */
  readonly notes: readonly string[]
}

/** Of all parameters of a model; an optimiser's state and data do not count. */
export interface ModelStatistics extends Statistics {
  /** Tensors that were counted. */
  readonly tensors: number
  /** Tensors without numbers (text, records, objects), or that cannot be read, by name and type. */
  readonly skipped: readonly { readonly name: string; readonly dtype: TensorDtype }[]
  /** Tensors with a note, each as `name: note`; at most MAX_NOTES, then how many more there are. */
  readonly notes: readonly string[]
}
