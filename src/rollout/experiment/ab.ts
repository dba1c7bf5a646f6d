import type { Milliseconds, Verdict } from '../../core/index.ts'
import {
  averageOf,
  differenceInterval,
  type Estimate,
  estimateOf,
  type MeanDifference,
  meanDifference,
  normalCdf,
  normalQuantile,
  powerAt,
  studentTail,
} from '../../evaluate/index.ts'
import type { MetricAnalysis } from '../types.ts'
import { summaryOf } from './ab-summary.ts'
import { type Samples, samplesOf } from './samples.ts'
import type { AbPlan, ExperimentCounts, ExperimentMetric } from './types.ts'

/** One look at an A/B. */
export interface AbLook {
  /** Before the horizon: `failed` where it is harmful, else `inconclusive`. At the horizon: the decision. */
  readonly verdict: Verdict
  readonly isOver: boolean
  /** Values of both arms, and the part of the horizon that is there. */
  readonly observed: number
  readonly part: number
  readonly metric: MetricAnalysis
  /** How probably the effect worth seeing is told at the horizon, by the variance so far. */
  readonly power?: number
}

/**
 * Two versions side by side. At the horizon it is decided, once, by a test of a fixed sample (Welch's, over groups of
 * callers where they are known). With [low, high] the interval of how much better the candidate is, each end wrong with
 * probability at most α = 1 − confidence:
 *
 *   low  > 0        passed        better
 *   high < effect   failed        not better by what is worth seeing, or worse
 *   else            inconclusive
 *
 * Before the horizon a candidate can only lose. A score that grows with the part t of the sample is a Brownian motion,
 * which ever passes c with twice the probability of being beyond it at the end (the reflection principle: Bachelier
 * 1900). So z √t ≥ Φ⁻¹(1 − α'/2) may be looked at with every report, and is a false alarm with probability at most α':
 * O'Brien and Fleming's bounds in the limit of many looks (Lan & DeMets 1983). α' = α / 2; the other half is the
 * guardrails'. Where the horizon is a time, t is the part of it that is over.
 */
export function lookAtAb(plan: AbPlan, seen: ExperimentCounts, elapsed: Milliseconds): AbLook {
  const { metric, analysis } = plan
  const samples = samplesOf(metric, seen)
  const { verdict, better, ...look } = judgeAb(plan, samples, elapsed)
  const figures = { metric, verdict, margin: plan.effect, ...meansOf(metric, samples) }
  if (better === undefined) {
    const least = Math.min(samples.candidate.total.count, samples.reference.total.count)
    const means = { ...figures, interval: [-1, 1] as const }
    return { ...look, verdict, metric: { ...means, summary: summaryOf(plan, { ...look, least }, means) } }
  }
  const alpha = 1 - analysis.confidence
  const power = powerAt(effectOf(plan), better.error * Math.sqrt(Math.min(1, look.part)), alpha)
  const means = { ...figures, interval: inUnits(metric, differenceInterval(better, alpha)) }
  return {
    ...look,
    verdict,
    power,
    metric: { ...means, summary: summaryOf(plan, { ...look, power }, means) },
  }
}

/** The verdict alone, as a simulation asks it; `better`: undefined where too little is there. */
export function judgeAb(
  plan: AbPlan,
  samples: Samples,
  elapsed: Milliseconds,
): Pick<AbLook, 'verdict' | 'isOver' | 'observed' | 'part'> & {
  readonly better: MeanDifference | undefined
} {
  const { metric, horizon, analysis } = plan
  const [n, m] = [samples.candidate.total.count, samples.reference.total.count]
  const part = horizon.kind === 'requests' ? (n + m) / horizon.requests : elapsed / horizon.ms
  const look = { isOver: part >= 1, observed: n + m, part }
  const better = Math.min(n, m) < analysis.minRequests ? undefined : betterment(metric, samples)
  if (better === undefined) return { ...look, verdict: 'inconclusive', better }
  const alpha = 1 - analysis.confidence
  if (look.isOver)
    return { ...look, verdict: decided(differenceInterval(better, alpha), effectOf(plan)), better }
  return { ...look, verdict: isHarmful(better, part, alpha / 2) ? 'failed' : 'inconclusive', better }
}

/** By how much the candidate is better; of errors and latencies less is. */
function betterment(metric: ExperimentMetric, { candidate, reference }: Samples): MeanDifference | undefined {
  const turned = (estimate: Estimate): Estimate =>
    isSmallGood(metric) ? { ...estimate, mean: -estimate.mean } : estimate
  const [ours, theirs] = [estimateOf(candidate), estimateOf(reference)]
  return ours && theirs && meanDifference(turned(ours), turned(theirs))
}

function decided([low, high]: readonly [number, number], effect: number): Verdict {
  if (low > 0) return 'passed'
  return high < effect ? 'failed' : 'inconclusive'
}

/** Whether −z √t is beyond the bound: z by the tail of Student's distribution that is as rare. */
function isHarmful({ difference, error, freedom }: MeanDifference, part: number, alpha: number): boolean {
  if (difference >= 0) return false
  const bound = normalQuantile(1 - alpha / 2) / Math.sqrt(part)
  return studentTail(-difference / error, freedom) <= normalCdf(-bound)
}

/** As it is added to: of a latency the logarithm of the least ratio worth seeing. */
function effectOf({ metric, effect }: AbPlan): number {
  return metric === 'latency' ? -Math.log1p(-effect) : effect
}

/** The interval of candidate − reference, as the metric is read. */
function inUnits(
  metric: ExperimentMetric,
  [low, high]: readonly [number, number],
): readonly [number, number] {
  const [from, to] = isSmallGood(metric) ? [-high, -low] : [low, high]
  return metric === 'latency' ? [Math.expm1(from), Math.expm1(to)] : [from, to]
}

function meansOf(
  metric: ExperimentMetric,
  { candidate, reference }: Samples,
): Pick<MetricAnalysis, 'canary' | 'baseline'> {
  const of = (mean: number): number => (metric === 'latency' ? Math.exp(mean) : mean)
  return { canary: of(averageOf(candidate.total)), baseline: of(averageOf(reference.total)) }
}

function isSmallGood(metric: ExperimentMetric): boolean {
  return metric === 'errors' || metric === 'latency'
}
