import type { Fitted } from '../../estimator.ts'

/** Lengths of n-grams, both included. */
export interface Range {
  readonly min: number
  readonly max: number
}

/** Longer ones than any corpus gives use for. */
const MAX_LENGTH = 1000

export function rangeOf(estimator: Fitted): Range {
  const [min, max] = estimator.has('ngram_range') ? estimator.list('ngram_range') : [1, 1]
  const fits =
    typeof min === 'number' && typeof max === 'number' && Number.isInteger(min) && Number.isInteger(max)
  if (!fits || min < 1 || max < min || max > MAX_LENGTH)
    throw estimator.invalid('ngram_range', `is (${String(min)}, ${String(max)})`)
  return { min, max }
}
