import type { Decision, Fraction, Instant, VersionId } from '../../core/index.ts'
import type { Move } from './types.ts'

/** A time in which one version had a share of an environment's traffic, or an alias named it. */
export interface ServingInterval {
  readonly version: VersionId
  /** stable: all the traffic but for a canary's. */
  readonly as: 'stable' | 'canary' | 'alias'
  readonly from: Instant
  /** Absent: still. */
  readonly until?: Instant
  /** The canary's first share. */
  readonly weight?: Fraction
  readonly by: string
  readonly decision: Decision
  readonly rollback: boolean
  readonly reason: string
  /** How a canary ended, and by whose decision. */
  readonly ended?: {
    readonly as: 'promoted' | 'aborted'
    readonly decision: Decision
    readonly reason: string
  }
}

type Open = Omit<ServingInterval, 'until' | 'ended'>

/** What served when in one place, oldest first. `moves` are those of that place, in any order. */
export function servingIntervals(moves: readonly Move[]): readonly ServingInterval[] {
  const done: ServingInterval[] = []
  let stable: Open | undefined
  let canary: Open | undefined
  const end = (open: Open | undefined, { at, decision, reason }: Move, as?: 'promoted' | 'aborted') => {
    if (open) done.push({ ...open, until: at, ...(as && { ended: { as, decision, reason } }) })
  }
  for (const move of moves.toSorted(oldestFirst)) {
    if (move.event === 'canary') {
      end(canary, move)
      canary = opened(move, 'canary')
    } else if (move.event === 'aborted') {
      if (canary?.version !== move.version) continue
      end(canary, move, 'aborted')
      canary = undefined
    } else {
      if (move.event === 'served' && canary?.version === move.version) {
        end(canary, move, 'promoted')
        canary = undefined
      }
      // The same version once more changes nothing of what serves.
      if (move.event !== 'removed' && stable?.version === move.version) continue
      end(stable, move)
      stable = move.event === 'removed' ? undefined : opened(move, move.event === 'set' ? 'alias' : 'stable')
    }
  }
  for (const open of [stable, canary]) if (open) done.push(open)
  return done.sort((a, b) => a.from - b.from || (a.until ?? Infinity) - (b.until ?? Infinity))
}

/** Those that hold at an instant; an interval holds from its beginning up to, and without, its end. */
export function servedAt(intervals: readonly ServingInterval[], at: Instant): readonly ServingInterval[] {
  return intervals.filter(({ from, until }) => from <= at && (until === undefined || at < until))
}

function opened({ version, at, weight, by, decision, rollback, reason }: Move, as: Open['as']): Open {
  return {
    version,
    as,
    from: at,
    ...(as === 'canary' && weight !== undefined && { weight }),
    by,
    decision,
    rollback: rollback ?? false,
    reason,
  }
}

function oldestFirst(a: Move, b: Move): number {
  return a.at - b.at || (a.id < b.id ? -1 : 1)
}
