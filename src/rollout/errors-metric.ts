import { formatPercent } from '../core/index.ts'
import {
  differenceBounds,
  evidenceAgainst,
  evidenceRate,
  type Proportion,
  rateOf,
} from '../evaluate/index.ts'
import { type Judged, type Levels, requestsUntil, signedPercent, verdictAt } from './judged.ts'
import type { AnalysisSpec, ArmCounts, MetricAnalysis } from './types.ts'

/**
 * Error rates: canary − baseline against `errorMargin`.
 *
 *   0 of 370 against 0 of 370, margin 1 %: passed (95 %)
 *   24 of 200 against 0 of 200, margin 1 %: [4.1 %, 22.3 %], failed
 */
export function analyseErrors(
  canaryCounts: ArmCounts,
  baselineCounts: ArmCounts,
  { errorMargin: margin }: AnalysisSpec,
  levels: Levels,
): Judged {
  const canary = proportion(canaryCounts)
  const baseline = proportion(baselineCounts)
  const interval = differenceBounds(canary, baseline, levels)
  const verdict = verdictAt(margin, interval)
  const figures = {
    metric: 'errors',
    verdict,
    interval,
    canary: rateOf(canary),
    baseline: rateOf(baseline),
    margin,
  }
  return {
    metric: { ...figures, summary: summarise(figures, canary, baseline) },
    missing: verdict === 'inconclusive' ? missing(canary, baseline, margin, levels) : 0,
  }
}

function proportion({ errors, requests }: ArmCounts): Proportion {
  return { count: errors, total: requests }
}

function missing(canary: Proportion, baseline: Proportion, margin: number, levels: Levels): number {
  const worse = rateOf(canary) - rateOf(baseline) > margin
  return requestsUntil(
    worse ? levels.low : levels.high,
    evidenceAgainst(margin, worse ? 'worse' : 'better', canary, baseline),
    evidenceRate(margin, canary, baseline),
  )
}

function summarise(
  { canary, baseline, interval: [low, high], margin, verdict }: Omit<MetricAnalysis, 'summary'>,
  canaryArm: Proportion,
  baselineArm: Proportion,
): string {
  if (canaryArm.total === 0 || baselineArm.total === 0)
    return `errors: no request yet at ${canaryArm.total === 0 ? 'the canary' : 'the baseline'}: ${verdict}`
  const rates = `errors ${formatPercent(canary)} vs ${formatPercent(baseline)} at baseline`
  const bounds = `${signedPercent(canary - baseline)} [${signedPercent(low)}, ${signedPercent(high)}]`
  return `${rates}: ${bounds}, allowed < ${formatPercent(margin)}: ${verdict}`
}
