import type { Side } from '../difference.ts'
import type { LogHistogram } from '../quantile-ratio.ts'
import { quantileBucket } from '../quantile-ratio.ts'
import { meanEvidence } from './mean.ts'
import { valuesOf } from './values.ts'

/** The buckets between which a quantile lies; undefined at an end of which nothing is known yet. */
export interface QuantileBuckets {
  readonly low: number | undefined
  readonly high: number | undefined
}

/**
 * Anytime-valid bounds of one arm's p-quantile, in buckets (Howard & Ramdas 2022, "Sequential estimation of quantiles
 * with applications to A/B testing and best-arm identification", arXiv 1906.09712, theorem 1: the values up to the
 * p-quantile are events of probability at least p, those below it of at most p). Each end is wrong, at any time ever,
 * with probability at most its own α. A count is known only at bucket edges; the less telling edge is taken.
 */
export function quantileBuckets(
  p: number,
  histogram: LogHistogram,
  alpha: { readonly low: number; readonly high: number },
): QuantileBuckets {
  const { upTo, total } = histogram
  const middle = quantileBucket(histogram, p)
  if (middle === undefined) return { low: undefined, high: undefined }
  const speaks = (bucket: number, side: Side, level: number): boolean =>
    meanEvidence(p, side, valuesOf({ count: bucket < 0 ? 0 : upTo[bucket]!, total })) >= -Math.log(level)
  // Too few lie in buckets 0 … i: the quantile is in a later one. Too many lie in 0 … i: it is in that or an earlier.
  let low = middle
  while (low > 0 && !speaks(low - 1, 'better', alpha.low)) low--
  let high = middle
  while (high < upTo.length && !speaks(Math.min(high, upTo.length - 1), 'worse', alpha.high)) high++
  return {
    low: speaks(low - 1, 'better', alpha.low) ? low : undefined,
    high: high < upTo.length ? high : undefined,
  }
}
