import { combineVerdicts } from '../core/index.ts'
import { checkCounts } from './counts.ts'
import { analyseErrors } from './errors-metric.ts'
import type { Judged, Levels } from './judged.ts'
import { analyseLatency } from './latency-metric.ts'
import type { Analysis, AnalysisSpec, ArmCounts } from './types.ts'

/** Error rate and latency. */
const METRIC_COUNT = 2
/** More than this is "not in sight": the present rates lie at the margin, and no wait will part them. */
const MAX_MISSING = 10_000_000

/**
 * What the canary's traffic says against the baseline's, since the present step began. Pure, and valid at every
 * look: call it after each request or once an hour, stop when it decides.
 *
 * Two questions, three answers, one margin. With [low, high] the interval of canary − baseline:
 *
 *   low  > margin   failed        the canary is worse by more than was allowed
 *   high < margin   passed        it is not worse by as much as that
 *   else            inconclusive  hold
 *
 * Comparing `low` with the margin and not with 0 means that the false-rollback budget covers every canary within
 * the margin, not only perfect ones: what was declared tolerable is not rolled back for being measurable.
 *
 * The budget α = 1 − confidence. A rollback is false if any metric at any of the steps errs, so each `low` gets
 * α / (metrics × steps). A promotion is false only if the harmful metric errs at every step, so each `high`
 * gets α whole (an intersection-union test). Looks cost nothing: the tests are anytime-valid. Both arms are in
 * one test, so α is not split between them.
 *
 * Before `minRequests` nothing passes, and only errors fail: a canary that crashes on its first 30 requests need
 * not see 50, but 30 slow ones may be one pause. No data, or an arm in which no request succeeded, never passes.
 */
export function analyse(canary: ArmCounts, baseline: ArmCounts, spec: AnalysisSpec, steps: number): Analysis {
  checkCounts(canary)
  checkCounts(baseline)
  const alpha = 1 - spec.confidence
  const levels: Levels = { low: alpha / (METRIC_COUNT * Math.max(1, steps)), high: alpha }
  const judged = [
    analyseErrors(canary, baseline, spec, levels),
    analyseLatency(canary, baseline, spec, levels),
  ]
  const metrics = judged.map(({ metric }) => metric)
  const enough = Math.min(canary.requests, baseline.requests) >= spec.minRequests
  const combined = combineVerdicts(metrics.map(metric => metric.verdict))
  const verdict = combined === 'passed' && !enough ? 'inconclusive' : combined
  const missing = verdict === 'inconclusive' ? requestsMissing(judged, canary, baseline, spec) : undefined
  return {
    verdict,
    metrics,
    canaryRequests: canary.requests,
    baselineRequests: baseline.requests,
    ...(missing !== undefined && { requestsMissing: missing }),
  }
}

/** All metrics must decide to pass, and `minRequests` be there: the longest wait counts. */
function requestsMissing(
  judged: readonly Judged[],
  canary: ArmCounts,
  baseline: ArmCounts,
  spec: AnalysisSpec,
): number | undefined {
  const least = spec.minRequests - Math.min(canary.requests, baseline.requests)
  const missing = Math.ceil(Math.max(1, least, ...judged.map(each => each.missing)))
  return missing <= MAX_MISSING ? missing : undefined
}
