import type { Instant } from '../../core/index.ts'
import { decide, type Evidence, isRequired, type MetricDecision } from '../evidence/index.ts'
import type { Analysis, AnalysisSpec, MetricAnalysis } from '../types.ts'
import { type CurvePoint, pointOf } from './curve.ts'
import { requestsMissing } from './missing.ts'
import { summaryOf } from './summary.ts'
import type { Present, RolloutEvidence } from './types.ts'

export interface Judged {
  readonly analysis: Analysis
  readonly point: Omit<CurvePoint, 'index'>
}

/**
 * What a rollout's evidence says now. No data is never a pass, nor are fewer than `minRequests` in an arm; harm may
 * show earlier. `armPerSecond`: requests that each arm gets now.
 */
export function judgedBy(
  state: RolloutEvidence,
  present: Present,
  { minRequests }: AnalysisSpec,
  armPerSecond: number,
  at: Instant,
): Judged {
  const decision = decide(state.policy, state.evidence)
  const { canary, baseline } = present
  const enough = Math.min(canary.requests, baseline.requests) >= minRequests
  const verdict = decision.verdict === 'passed' && !enough ? 'inconclusive' : decision.verdict
  const missing =
    verdict === 'inconclusive' ? requestsMissing(state, decision.metrics, present, minRequests) : undefined
  const shown = decision.metrics.filter((_, i) => isShown(state, i))
  const analysis = {
    verdict,
    metrics: shown.map(each => metricOf(state, each)),
    canaryRequests: canary.requests,
    baselineRequests: baseline.requests,
    spent: decision.spent,
    ...(missing !== undefined && { requestsMissing: missing }),
    ...(armPerSecond > 0 && { armPerSecond }),
  }
  const place = { at, step: state.step, canaryRequests: canary.requests }
  return { analysis, point: pointOf({ ...decision, metrics: shown }, place) }
}

/** What is asked here, and what has something to say without being asked. */
function isShown({ policy, evidence }: RolloutEvidence, i: number): boolean {
  return isRequired(policy, policy.metrics[i]!) || hasData(evidence[i]!)
}

function metricOf({ policy, evidence }: RolloutEvidence, decided: MetricDecision): MetricAnalysis {
  const i = policy.metrics.findIndex(({ name }) => name === decided.metric)
  const metric = policy.metrics[i]!
  const { verdict, interval, canary, baseline, harm, harmNeeded, pass, passNeeded } = decided
  return {
    metric: metric.name,
    verdict,
    interval,
    canary,
    baseline,
    margin: metric.margin,
    summary: summaryOf(metric, decided, hasData(evidence[i]!)),
    evidence: { harm, harmNeeded, pass, passNeeded },
  }
}

function hasData({ present, earlier }: Evidence): boolean {
  return present !== undefined || earlier.length > 0
}
