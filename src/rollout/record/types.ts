import type { Bytes, Calendar, Decision, Digest, Instant, ProjectId, VersionId } from '../../core/index.ts'
import type { Analysis, Rollout, RolloutEvent } from '../types.ts'

/** What the payload says it is; another number is another shape. */
export const RECORD_KIND = 'ballast.rollout.decision/1'
/** What is signed with it (DSSE): a signature over anything else is none over a decision. */
export const RECORD_TYPE = 'application/vnd.ballast.rollout-decision+json'
/**
 * A record of twenty steps with two histograms each and ten thousand distinct losses is smaller. One that is not is
 * kept without its evidence, so that nothing holds a rollback up.
 */
export const MAX_RECORD_BYTES: Bytes = 1 << 20

/** What an event holds that its decision is computed from again: nothing is carried out by it. */
export const EVIDENTIAL = ['basis', 'seen', 'rewards'] as const
export type Evidential = (typeof EVIDENTIAL)[number]

/** A version, and what exactly it is. */
export interface RecordedVersion {
  readonly id: VersionId
  readonly number: number
  readonly digest: Digest
}

/** A rollout as it stood, with who asked for it. */
export interface RecordedRollout extends Rollout {
  readonly by: string
  /** Absent for a return by hand. */
  readonly job?: string
}

/**
 * One decision about a rollout: what happened, what it led to, and all that it was decided from. `advance(from, event,
 * at)` gives `to`, and `decide` of the event's basis its verdict, wherever and whenever they are computed again.
 */
export interface DecisionRecord {
  readonly kind: typeof RECORD_KIND
  /** 1, 2, 3 … of the rollout. */
  readonly sequence: number
  /** Of the payload before it; absent for the first. */
  readonly previous?: Digest
  readonly at: Instant
  readonly decision: Decision
  readonly project: { readonly id: ProjectId; readonly name: string }
  readonly candidate: RecordedVersion
  /** What serves beside it; absent for a first version. */
  readonly stable?: RecordedVersion
  /** Who approved its deployment. */
  readonly approvals: readonly { readonly by: string; readonly at: Instant }[]
  /** The environment's own; that of its file is in `from`. */
  readonly calendar?: Calendar
  readonly from: RecordedRollout
  readonly event: RolloutEvent
  readonly to: RecordedRollout
  /** What was measured by then, where another event than an analysis decided. */
  readonly known?: Analysis
  /** Member of the event that made it too large; its digest stays. */
  readonly leftOut?: { readonly what: Evidential; readonly digest: Digest; readonly bytes: Bytes }
  /** Which Ballast decided. */
  readonly ballast: { readonly version: string; readonly commit?: string }
}
