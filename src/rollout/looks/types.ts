import type { Instant } from '../../core/index.ts'
import type { Proportion } from '../../evaluate/index.ts'
import type { Evidence, EvidencePolicy, PairCounts } from '../evidence/index.ts'
import type { ArmCounts, ShadowCounts } from '../types.ts'

/** What labels say of a rollout's arms, counted by one gateway over its restarts (`ledger`). Cumulative. */
export interface LabelCounts {
  readonly ledger: string
  /** Wrong answers of those labelled. */
  readonly canary: Proportion
  readonly baseline: Proportion
  /** Where both answered the same request. */
  readonly pairs: PairCounts
}

/** All that is counted of a rollout's present step, since it began; labels, since the rollout began. */
export interface Present {
  /** In a shadow step: what stable answered, and what the candidate did beside it. */
  readonly canary: ArmCounts
  readonly baseline: ArmCounts
  readonly shadow?: ShadowCounts
  readonly labels: readonly LabelCounts[]
}

/** Where a metric's counts come from. */
export const SOURCES = ['errors', 'latency', 'labels', 'label-pairs', 'answer-pairs'] as const
export type SourceName = (typeof SOURCES)[number]

/** Cumulative numbers by their names. */
export type Tallies = Readonly<Record<string, number>>
/** The same for each that counts for itself: one that is gone takes nothing back. */
export type Counted = readonly (readonly [by: string, tallies: Tallies])[]

/** How far a metric was looked at. */
export interface Watched {
  readonly source: SourceName
  /** What was observed already: a look is what comes on top. */
  readonly counted: Counted
  /** Since the step began. */
  readonly looks: number
  readonly lookedAt: Instant
}

/** All that a rollout's verdict rests on, as JSON; saved in one piece, so that nothing is counted twice. */
export interface RolloutEvidence {
  readonly step: number
  readonly policy: EvidencePolicy
  /** In the order of the policy's metrics, as are those beside them. */
  readonly watched: readonly Watched[]
  readonly evidence: readonly Evidence[]
  /** Grows with every change, by one: compare and set. */
  readonly changes: number
}
