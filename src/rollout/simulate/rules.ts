import type { Fraction } from '../../core/index.ts'
import { groupSequentialBounds } from '../../evaluate/index.ts'
import { analyse } from '../analyse.ts'
import { mergeCounts, NO_COUNTS } from '../counts.ts'
import {
  type Evidence,
  type EvidenceOf,
  type EvidencePolicy,
  inflation,
  type LookOf,
  type MetricKind,
  noEvidence,
  observe,
  passes,
  verdictOf,
} from '../evidence/index.ts'
import type { AnalysisSpec, ArmCounts } from '../types.ts'
import type { Rule } from './run.ts'
import type { Scenario, StreamLook } from './stream.ts'

/** Evidence that may be looked at for ever. */
export function evidenceRule(policy: EvidencePolicy): Rule {
  let evidence = nothingSeen(policy)
  return {
    look: seen => {
      evidence = observeAll(policy, evidence, seen)
      return verdictOf(policy, evidence)
    },
  }
}

/**
 * The rule for a largest number of looks that is known beforehand: O'Brien-Fleming bounds for each metric's score
 * statistic, the surplus over its standard deviation (Mantel & Haenszel 1959, looks as strata), at its part of the
 * budget. Tolerances must be 0; a distribution has no score, and never fails by it. Passing is as ever.
 */
export function groupSequentialRule(policy: EvidencePolicy, looks: number): Rule {
  const weights = policy.metrics.reduce((sum, { weight = 1 }) => sum + weight, 0)
  const parts = Array.from({ length: looks }, (_, i) => (i + 1) / looks)
  const bounds = policy.metrics.map(({ weight = 1 }) =>
    boundsOf(parts, ((1 - policy.confidence) * weight) / weights),
  )
  let evidence = nothingSeen(policy)
  let look = -1
  return {
    look: seen => {
      look = Math.min(look + 1, looks - 1)
      evidence = observeAll(policy, evidence, seen)
      if (evidence.some((each, i) => scoreOf(each) >= bounds[i]![look]!)) return 'failed'
      return passes(policy, evidence) ? 'passed' : 'inconclusive'
    },
  }
}

/** Error rate and one latency quantile, each step for itself: what rollouts decided by once, for comparison. */
export function analysisRule(spec: AnalysisSpec): Rule {
  let [canary, baseline] = [NO_COUNTS, NO_COUNTS]
  return {
    look: seen => {
      const counts = countsOf(seen)
      canary = mergeCounts(canary, counts.canary)
      baseline = mergeCounts(baseline, counts.baseline)
      return analyse(canary, baseline, spec, 1).verdict
    },
  }
}

/** The first error rate and the first quantile of a look, as gateways count them. */
function countsOf({ canaryRequests, baselineRequests, looks }: StreamLook): {
  readonly canary: ArmCounts
  readonly baseline: ArmCounts
} {
  const errors = looks.find(look => look.kind === 'rate')
  const latency = looks.find(look => look.kind === 'quantile')
  return {
    canary: {
      requests: canaryRequests,
      errors: errors?.canary.count ?? 0,
      latency: latency?.canary ?? {},
    },
    baseline: {
      requests: baselineRequests,
      errors: errors?.baseline.count ?? 0,
      latency: latency?.baseline ?? {},
    },
  }
}

/** A policy that judges a scenario's metrics. */
export function policyFor({ metrics }: Scenario, confidence: Fraction): EvidencePolicy {
  return { metrics: metrics.map(({ metric }) => metric), confidence }
}

const knownBounds = new Map<string, readonly number[]>()

/** Bounds take a while to integrate, and are the same for every run. */
function boundsOf(parts: readonly number[], alpha: number): readonly number[] {
  const key = `${parts.length} ${alpha}`
  const known = knownBounds.get(key) ?? groupSequentialBounds(parts, alpha)
  knownBounds.set(key, known)
  return known
}

function scoreOf(evidence: Evidence): number {
  const all = evidence.dispersion[0]?.scales[0]
  if (all === undefined || all.variance === 0 || evidence.kind === 'distribution') return 0
  return all.surplus / Math.sqrt(all.variance * inflation(evidence as EvidenceOf<MetricKind>))
}

function nothingSeen({ metrics }: EvidencePolicy): readonly Evidence[] {
  return metrics.map(({ kind }) => noEvidence(kind) as Evidence)
}

function observeAll(
  { metrics }: EvidencePolicy,
  evidence: readonly Evidence[],
  { looks }: StreamLook,
): readonly Evidence[] {
  return metrics.map((metric, i) =>
    observe<MetricKind>(metric, evidence[i]! as EvidenceOf<MetricKind>, looks[i]! as LookOf[MetricKind]),
  ) as readonly Evidence[]
}
