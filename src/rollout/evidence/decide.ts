import type { Fraction, Verdict } from '../../core/index.ts'
import { portfolioEvidence, spentOf } from '../../evaluate/index.ts'
import type { Figures } from './judge.ts'
import { figuresOf, harmOf, inflation, passOf } from './observe.ts'
import type { Evidence, EvidenceOf, Metric, MetricKind, MetricOf } from './types.ts'

export interface EvidencePolicy {
  readonly metrics: readonly Metric[]
  /** 1 − the budget: the probability of ever rolling back a canary that is within every tolerance. */
  readonly confidence: Fraction
  /**
   * The metrics that must be shown to be within their margins, by name; all unless told. Where one can have no data,
   * as pairs outside a shadow, it speaks for harm alone.
   */
  readonly required?: readonly string[]
}

export interface MetricDecision extends Figures {
  readonly metric: string
  readonly verdict: Verdict
  /** Nats against "within the tolerance", and what a metric alone needs. */
  readonly harm: number
  readonly harmNeeded: number
  /** Nats against "worse by the margin or more". */
  readonly pass: number
  readonly passNeeded: number
  /** How much more its events cluster than independent ones; evidence is divided by it. */
  readonly inflation: number
}

export interface Decision {
  readonly verdict: Verdict
  /** Part of the budget that the evidence of all metrics together has used up; 1: rolled back. */
  readonly spent: Fraction
  readonly metrics: readonly MetricDecision[]
}

/**
 * Two questions, three answers. Harmful, by the evidence of all metrics as one portfolio: failed. Else every metric
 * is shown to be within its margin: passed. Else inconclusive: hold. The budget α = 1 − confidence pays for all
 * metrics, looks and steps: looks are free, steps go on with the same capital, metrics share it by their weights. A
 * false promotion needs the one harmful metric to err, so each metric passes at the whole α.
 */
export function decide(policy: EvidencePolicy, evidence: readonly Evidence[]): Decision {
  const alpha = 1 - policy.confidence
  const harms = harmsOf(policy, evidence)
  const spent = spentOf(portfolioEvidence(harms), alpha)
  const weights = harms.reduce((sum, { weight }) => sum + weight, 0)
  const passNeeded = -Math.log(alpha)
  const metrics = policy.metrics.map((metric, i): MetricDecision => {
    const { nats: harm, weight } = harms[i]!
    const harmNeeded = -Math.log((alpha * weight) / weights)
    const pass = passOf<MetricKind>(metric, evidence[i]!)
    const levels = { low: (alpha * weight) / weights, high: alpha }
    return {
      metric: metric.name,
      ...figuresOf<MetricKind>(metric, evidence[i]!, levels),
      verdict: harm >= harmNeeded ? 'failed' : pass >= passNeeded ? 'passed' : 'inconclusive',
      harm,
      harmNeeded,
      pass,
      passNeeded,
      inflation: inflation(evidence[i]!),
    }
  })
  const verdict = spent >= 1 ? 'failed' : passes(policy, evidence) ? 'passed' : 'inconclusive'
  return { verdict, spent, metrics }
}

/** The verdict alone: what a simulation asks a million times. */
export function verdictOf(policy: EvidencePolicy, evidence: readonly Evidence[]): Verdict {
  if (portfolioEvidence(harmsOf(policy, evidence)) >= -Math.log(1 - policy.confidence)) return 'failed'
  return passes(policy, evidence) ? 'passed' : 'inconclusive'
}

/** Whether every metric that must be is shown to be within its margin. */
export function passes(policy: EvidencePolicy, evidence: readonly Evidence[]): boolean {
  const needed = -Math.log(1 - policy.confidence)
  const asked = policy.metrics.flatMap((metric, i) => (isRequired(policy, metric) ? [{ metric, i }] : []))
  return (
    asked.length > 0 && asked.every(({ metric, i }) => passOf<MetricKind>(metric, evidence[i]!) >= needed)
  )
}

export function isRequired({ required }: EvidencePolicy, { name }: Metric): boolean {
  return required === undefined || required.includes(name)
}

function harmsOf({ metrics }: EvidencePolicy, evidence: readonly Evidence[]) {
  return metrics.map((metric, i) => ({
    nats: harmOf<MetricKind>(metric as MetricOf<MetricKind>, evidence[i]! as EvidenceOf<MetricKind>),
    weight: metric.weight ?? 1,
  }))
}
