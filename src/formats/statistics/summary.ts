import { histogramOf, type Moments } from '../../kernels/index.ts'
import type { JsonNumber, Statistics } from './types.ts'

/** Bins of a histogram where nobody asks for another number. */
export const BINS = 20

export function summaryOf(moments: Moments, bins: number): Statistics {
  const { count, finite, mean, std, min, max, zeros, nans, positiveInfinities, negativeInfinities } = moments
  return {
    count,
    ...(finite > 0 && { mean: jsonNumber(mean), std: jsonNumber(std), min, max }),
    zeros,
    nans,
    positiveInfinities,
    negativeInfinities,
    histogram: histogramOf(moments, bins),
  }
}

function jsonNumber(value: number): JsonNumber {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Number.POSITIVE_INFINITY) return 'Infinity'
  return value === Number.NEGATIVE_INFINITY ? '-Infinity' : value
}

/**
 * What is odd about some numbers:
 *
 *   all 4096 values are 0
 *   3 of 4096 values are NaN
 */
export function notesOn({ count, finite, min, max, nans, ...rest }: Moments): string[] {
  const notes: string[] = []
  const infinite = rest.positiveInfinities + rest.negativeInfinities
  if (count > 1 && finite === count && min === max) notes.push(`all ${count} values are ${min}`)
  if (nans > 0) notes.push(`${nans} of ${count} values are NaN`)
  if (infinite > 0) notes.push(`${infinite} of ${count} values are infinite`)
  return notes
}
