import type { Fraction } from '../../core/index.ts'
import type { EvidencePolicy, Metric } from '../evidence/index.ts'
import type { AnalysisSpec, Strategy } from '../types.ts'
import type { SourceName } from './types.ts'

export type Canary = Extract<Strategy, { readonly kind: 'canary' }>

/**
 * Part of each margin within which a canary is not rolled back: two replicas of one version are never quite alike, and
 * enough requests show any difference.
 */
const TOLERANCE: Fraction = 0.2

interface Asked {
  readonly source: SourceName
  readonly metric: Metric
}

/** What a strategy's file asks to judge, in a fixed order. */
export function askedOf({ analysis, steps }: Canary): readonly Asked[] {
  const { latencyQuantile: quantile, tolerance = TOLERANCE } = analysis
  const within = (margin: Fraction) => ({ tolerance: margin * tolerance, margin })
  const hasShadow = steps.some(({ shadow }) => shadow !== undefined)
  const { accuracyMargin, agreementMargin } = analysis
  return [
    { source: 'errors', metric: { kind: 'rate', name: 'errors', ...within(analysis.errorMargin) } },
    {
      source: 'latency',
      metric: { kind: 'quantile', name: latencyName(analysis), quantile, ...within(analysis.latencyMargin) },
    },
    ...asked(accuracyMargin, margin => ({
      source: 'labels',
      metric: { kind: 'rate', name: 'wrong', ...within(margin) },
    })),
    ...asked(hasShadow ? accuracyMargin : undefined, margin => ({
      source: 'label-pairs',
      metric: { kind: 'paired', name: 'wrong_in_pairs', ...within(margin) },
    })),
    // Nothing is beside it: what the file allows is allowed, and no smaller part of it is harm.
    ...asked(hasShadow ? agreementMargin : undefined, margin => ({
      source: 'answer-pairs',
      metric: { kind: 'share', name: 'disagreement', tolerance: margin, margin },
    })),
  ]
}

function asked(margin: Fraction | undefined, of: (margin: Fraction) => Asked): readonly Asked[] {
  return margin === undefined ? [] : [of(margin)]
}

/** `latency_p95`. */
function latencyName({ latencyQuantile }: AnalysisSpec): string {
  return `latency_p${Number((latencyQuantile * 100).toFixed(3))}`
}

/**
 * What must be shown for a step to pass: what it can have data of. In a shadow stable's replica is warm and busy, so
 * latencies are not compared there; labels come in pairs there, which tell ten times as much, and are asked for there
 * alone. Where they were not asked for they still speak for harm.
 */
const REQUIRED = {
  shadow: ['errors', 'label-pairs', 'answer-pairs'],
  arms: ['errors', 'latency'],
  armsAlone: ['errors', 'latency', 'labels'],
} as const satisfies Readonly<Record<string, readonly SourceName[]>>

export function policyAt(canary: Canary, step: number): EvidencePolicy {
  const all = askedOf(canary)
  const hasShadow = canary.steps.some(({ shadow }) => shadow !== undefined)
  const here: readonly SourceName[] =
    REQUIRED[isShadow(canary, step) ? 'shadow' : hasShadow ? 'arms' : 'armsAlone']
  return {
    metrics: all.map(({ metric }) => metric),
    confidence: canary.analysis.confidence,
    required: all.filter(({ source }) => here.includes(source)).map(({ metric }) => metric.name),
  }
}

export function isShadow({ steps }: Canary, step: number): boolean {
  return steps[step]?.shadow !== undefined
}
