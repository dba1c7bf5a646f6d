import type { Fraction } from '../../core/index.ts'
import type { ArmsSegment, Dispersion, Proportion, Values } from '../../evaluate/index.ts'
import type { ArmCounts } from '../types.ts'

interface Named {
  readonly name: string
  /** Part of the false-rollback budget, relative to the other metrics'; 1 unless told. */
  readonly weight?: number
}

/**
 * What a rollout is judged on. `tolerance`: a canary that is worse by no more than this is not rolled back, but with
 * the probability of the budget. `margin`: it is promoted where it is shown to be worse by less than this. 0 ≤
 * tolerance ≤ margin.
 */
export type Metric =
  /** Part of the requests with a bad event: errors, time-outs, wrong answers by labels of either arm. Absolute. */
  | (Named & { readonly kind: 'rate'; readonly tolerance: Fraction; readonly margin: Fraction })
  /** Mean of a loss in [0, 1] of each request. Absolute. */
  | (Named & { readonly kind: 'mean'; readonly tolerance: Fraction; readonly margin: Fraction })
  /** A latency quantile. Relative: 0.3 is 30 %. */
  | (Named & {
      readonly kind: 'quantile'
      readonly quantile: Fraction
      readonly tolerance: Fraction
      readonly margin: Fraction
    })
  /** Labelled requests that both versions answered: by how much more the canary is wrong. Absolute. */
  | (Named & { readonly kind: 'paired'; readonly tolerance: Fraction; readonly margin: Fraction })
  /** Part of what both versions answered on which they differ. Absolute. */
  | (Named & { readonly kind: 'share'; readonly tolerance: Fraction; readonly margin: Fraction })
  /** Which category the answers fall in. Any difference is harmful; none of the categories' shares by the margin passes. */
  | (Named & { readonly kind: 'distribution'; readonly margin: Fraction })

export type MetricKind = Metric['kind']
export type MetricOf<Kind extends MetricKind> = Extract<Metric, { readonly kind: Kind }>

/** Of pairs of answers to labelled requests: who alone was right. */
export interface PairCounts {
  readonly onlyBaseline: number
  readonly onlyCanary: number
  readonly pairs: number
}

/** What one look adds to a metric: counts since the look before. */
export interface LookOf {
  readonly rate: { readonly canary: Proportion; readonly baseline: Proportion }
  readonly mean: { readonly canary: Values; readonly baseline: Values }
  readonly quantile: { readonly canary: ArmCounts['latency']; readonly baseline: ArmCounts['latency'] }
  readonly paired: PairCounts
  readonly share: Proportion
  readonly distribution: { readonly canary: readonly number[]; readonly baseline: readonly number[] }
}

/**
 * Slow requests since a threshold was fixed: those of the canary beyond it, and those of the baseline beyond it when
 * all of its latencies were longer by the tolerance (`harm`) or by the margin (`pass`).
 */
export interface SlowCounts {
  /** Bucket of the threshold. */
  readonly threshold: number
  readonly harm: ArmsSegment
  readonly pass: ArmsSegment
}

interface TallyOf {
  readonly rate: ArmsSegment
  readonly mean: ArmsSegment
  readonly quantile: {
    readonly slow: readonly SlowCounts[]
    /** All since the step began: where the next threshold comes from. Of ended steps, the last has those of all. */
    readonly canary: ArmCounts['latency']
    readonly baseline: ArmCounts['latency']
    /** Latencies of the baseline. */
    readonly measured: number
  }
  readonly paired: PairCounts
  readonly share: Proportion
  readonly distribution: { readonly canary: readonly number[]; readonly baseline: readonly number[] }
}
export type Tally<Kind extends MetricKind> = TallyOf[Kind]

/** All that is kept of a metric between looks, as JSON. */
export interface EvidenceOf<Kind extends MetricKind> {
  readonly kind: Kind
  /** One for each category of a distribution, else one. */
  readonly dispersion: readonly Dispersion[]
  /** Steps before the present one: they speak for harm, no longer for passing. */
  readonly earlier: readonly Tally<Kind>[]
  readonly present?: Tally<Kind>
}
export type Evidence = { readonly [Kind in MetricKind]: EvidenceOf<Kind> }[MetricKind]
export type Look = { readonly [Kind in MetricKind]: { readonly kind: Kind } & LookOf[Kind] }[MetricKind]
