import { formatDuration, formatPercent } from '../core/index.ts'
import {
  type QuantileRatioTest,
  quantileBucket,
  quantileRatioRate,
  quantileRatioTest,
} from '../evaluate/index.ts'
import { BUCKET_GROWTH, bucketMilliseconds, MAX_BUCKET } from './buckets.ts'
import { histogramOf } from './counts.ts'
import { type Judged, type Levels, requestsUntil, signedPercent, verdictAt } from './judged.ts'
import type { AnalysisSpec, ArmCounts, MetricAnalysis } from './types.ts'

/** The interval's end while there is no upper bound yet: the greatest ratio that the buckets can show. */
export const LATENCY_UNBOUNDED: number = BUCKET_GROWTH ** MAX_BUCKET - 1

/**
 * A latency quantile of successful requests: canary / baseline − 1 against `latencyMargin`. Figures in
 * milliseconds. Requests are taken as independent: one long pause that hits one arm alone looks like that arm, so
 * it is not blamed before `minRequests`, when one pause is no longer most of what was seen.
 */
export function analyseLatency(
  canaryCounts: ArmCounts,
  baselineCounts: ArmCounts,
  { latencyMargin: margin, latencyQuantile: quantile, minRequests }: AnalysisSpec,
  levels: Levels,
): Judged {
  const name = `latency_p${Number((quantile * 100).toFixed(3))}`
  const canary = histogramOf(canaryCounts)
  const baseline = histogramOf(baselineCounts)
  const [canaryBucket, baselineBucket] = [
    quantileBucket(canary, quantile),
    quantileBucket(baseline, quantile),
  ]
  if (canaryBucket === undefined || baselineBucket === undefined)
    return nothingMeasured(name, margin, canaryBucket, fewestRequests(quantile, levels.high))
  const test = quantileRatioTest(quantile, canary, baseline)
  const interval = ratioBounds(test, canaryBucket - baselineBucket, levels)
  const found = verdictAt(margin, interval)
  const few = Math.min(canaryCounts.requests, baselineCounts.requests) < minRequests
  const verdict = found === 'failed' && few ? 'inconclusive' : found
  const figures = {
    metric: name,
    verdict,
    interval,
    canary: bucketMilliseconds(canaryBucket),
    baseline: bucketMilliseconds(baselineBucket),
    margin,
  }
  return {
    metric: { ...figures, summary: summarise(figures) },
    missing:
      verdict === 'inconclusive'
        ? missing(figures, test, quantileRatioRate(quantile, canary, baseline), levels)
        : 0,
  }
}

/** Searches the shifts (in buckets) that the evidence does not exclude, from the observed one outwards. */
function ratioBounds(test: QuantileRatioTest, observed: number, levels: Levels): readonly [number, number] {
  const tooHigh = (shift: number): boolean => test.againstAtLeast(shift) >= -Math.log(levels.high)
  const tooLow = (shift: number): boolean => test.againstAtMost(shift) >= -Math.log(levels.low)
  const high = firstTrue(distance => tooHigh(observed + distance))
  const low = firstTrue(distance => tooLow(observed - distance))
  return [
    low === undefined ? -1 : BUCKET_GROWTH ** (observed - low) - 1,
    high === undefined ? LATENCY_UNBOUNDED : BUCKET_GROWTH ** (observed + high) - 1,
  ]
}

/** Least distance ≥ 0 at which a monotone condition holds, by doubling and halving; undefined beyond the buckets. */
function firstTrue(holds: (distance: number) => boolean): number | undefined {
  let [below, above] = [-1, 1]
  while (!holds(above)) {
    if (above > 2 * MAX_BUCKET) return undefined
    ;[below, above] = [above, above * 2]
  }
  while (above - below > 1) {
    const middle = (below + above) >> 1
    if (holds(middle)) above = middle
    else below = middle
  }
  return above
}

function missing(
  { canary, baseline, margin }: Omit<MetricAnalysis, 'summary'>,
  test: QuantileRatioTest,
  rate: QuantileRatioTest,
  levels: Levels,
): number {
  const shift = Math.log1p(margin) / Math.log(BUCKET_GROWTH)
  const [above, below] = [Math.ceil(shift), Math.floor(shift)]
  return canary / baseline - 1 > margin
    ? requestsUntil(levels.low, test.againstAtMost(above), rate.againstAtMost(above))
    : requestsUntil(levels.high, test.againstAtLeast(below), rate.againstAtLeast(below))
}

/** Below about ln(1/α) / −ln q requests nothing can be said about a quantile, whatever the data. */
function fewestRequests(quantile: number, alpha: number): number {
  return Math.log(alpha) / Math.log(Math.max(quantile, 1 - quantile))
}

function nothingMeasured(
  metric: string,
  margin: number,
  canaryBucket: number | undefined,
  least: number,
): Judged {
  const arm = canaryBucket === undefined ? 'canary' : 'baseline'
  const summary = `${metric}: no successful request yet at the ${arm}: inconclusive`
  const figures = { metric, margin, canary: 0, baseline: 0, verdict: 'inconclusive', summary } as const
  return { metric: { ...figures, interval: [-1, LATENCY_UNBOUNDED] }, missing: least }
}

function summarise({
  metric,
  canary,
  baseline,
  interval,
  margin,
  verdict,
}: Omit<MetricAnalysis, 'summary'>): string {
  const [low, high] = interval
  const top = high >= LATENCY_UNBOUNDED ? 'no bound yet' : signedPercent(high)
  const figures = `${metric} ${formatDuration(canary)} vs ${formatDuration(baseline)} at baseline`
  const bounds = `${signedPercent(canary / baseline - 1)} [${signedPercent(low)}, ${top}]`
  return `${figures}: ${bounds}, allowed < ${formatPercent(margin)}: ${verdict}`
}
