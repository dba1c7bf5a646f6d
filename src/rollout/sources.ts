import type { Instant, VersionId } from '../core/index.ts'

/** What happened in an environment: a line of its history. */
export interface PlaceEvent {
  readonly event: string
  readonly version: VersionId
  readonly at: Instant
  readonly by: string
  /** A return to an earlier version. */
  readonly rollback?: boolean
}

/** Whether an environment vouches for a version. `unknown`: the history that was read does not reach so far. */
export type Proof =
  | { readonly kind: 'promoted'; readonly at: Instant }
  | { readonly kind: 'rolled-back'; readonly to: VersionId; readonly at: Instant; readonly by: string }
  | { readonly kind: 'removed'; readonly at: Instant }
  | { readonly kind: 'unknown' }

/**
 * A version counts as promoted from the moment it took all traffic there, also when newer ones came after it, until a
 * return to an earlier version that was not a return to it, or until nothing serves there. Newest first:
 *
 *   v3 served                                 -> promoted
 *   v4 served, v3 served                      -> promoted: it gave way to a newer one
 *   v2 served by a rollback, v3 served        -> rolled back
 *   v3 served by a rollback, v4 served, …     -> promoted: it serves again
 */
export function proofOf(history: readonly PlaceEvent[], candidate: VersionId): Proof {
  for (const { event, version, at, by, rollback } of history) {
    if (event === 'removed') return { kind: 'removed', at }
    if (event !== 'served') continue
    if (version === candidate) return { kind: 'promoted', at }
    if (rollback) return { kind: 'rolled-back', to: version, at, by }
  }
  return { kind: 'unknown' }
}
