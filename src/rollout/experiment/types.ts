import type { Fraction, Milliseconds } from '../../core/index.ts'
import type { Sample } from '../../evaluate/index.ts'
import type { AnalysisSpec, Arm, ArmCounts } from '../types.ts'

/** What an experiment is about. `reward` and `accuracy` come as feedback, later; the others with the answers. */
export const EXPERIMENT_METRICS = ['reward', 'accuracy', 'errors', 'latency'] as const
export type ExperimentMetric = (typeof EXPERIMENT_METRICS)[number]

/** When it is decided: at so many values of its metric in both arms together, or after so long. */
export type Horizon =
  | { readonly kind: 'requests'; readonly requests: number }
  | { readonly kind: 'time'; readonly ms: Milliseconds }

/** Two versions side by side, decided once. */
export interface AbPlan {
  /** The candidate's part of the traffic. */
  readonly split: Fraction
  readonly metric: ExperimentMetric
  readonly horizon: Horizon
  /** Smallest difference worth seeing: relative for a latency, else as the metric is counted. */
  readonly effect: number
  /** What is done where neither "better" nor "not better" is shown: stable stays, or a person decides. */
  readonly otherwise: 'keep' | 'wait'
  /** Errors and latency end it at any time; `confidence` is the experiment's too. */
  readonly analysis: AnalysisSpec
}

/** Two versions by reward: the better one gets more of the traffic while it is found out. */
export interface BanditPlan {
  /** The candidate's part of the traffic at first. */
  readonly start: Fraction
  /** Each version keeps at least so much. */
  readonly explore: Fraction
  /** The candidate gets no more before it is promoted: what the policy lets a first step have. */
  readonly most: Fraction
  /** Least time between two changes. */
  readonly every: Milliseconds
  /** Fewest rewards in each arm before it is promoted. */
  readonly minRewards: number
  /** A reward that is less by no more than this is as good. */
  readonly margin: number
  /** Stable stays where nothing was shown by then. */
  readonly horizon: Horizon
  /** Errors and latency end it at any time; `confidence` is the experiment's too. */
  readonly analysis: AnalysisSpec
}

/** What feedback says of an arm: rewards, and labels that were compared (1: right). */
export interface ArmOutcomes {
  readonly rewards: Sample
  readonly correct: Sample
}

/** All that is known of one step of an experiment. */
export interface ExperimentCounts {
  readonly outcomes: Readonly<Partial<Record<Arm, ArmOutcomes>>>
  readonly counts: Readonly<Partial<Record<Arm, ArmCounts>>>
}

/** What a gateway's ledger says of one arm in one step; cumulative. */
export interface LedgerOutcomes {
  readonly step: number
  readonly ledger: string
  readonly arm: Arm
  readonly outcomes: ArmOutcomes
}

/** So many groups of callers tell an arm's variance well enough, and their counts stay small. */
export const CALLER_GROUPS = 32
