import type { RolloutNews } from '../../../notify/types.ts'
import type { RolloutChange, StoredRollout } from '../../../rollout/ports.ts'
import type { Rollout } from '../../../rollout/types.ts'

/** What a change of a rollout is to those who are told; nothing while it goes on from step to step. */
export function rolloutNews(
  stored: StoredRollout,
  next: Rollout,
  { reason, decision }: Pick<RolloutChange, 'reason' | 'decision'>,
): RolloutNews | undefined {
  const kind = kindOf(stored, next)
  if (!kind) return undefined
  return {
    kind,
    rollout: stored.id,
    model: stored.model,
    environment: stored.environment,
    candidate: next.candidate,
    ...(next.stable && { stable: next.stable }),
    weight: next.weight,
    reason,
    by: stored.by,
    ...(decision && { decision }),
    ...(stored.job === undefined && { isRollback: true }),
  }
}

function kindOf(stored: StoredRollout, next: Rollout): RolloutNews['kind'] | undefined {
  if (next.phase === 'promoted') return stored.job === undefined ? 'rollout.rolled-back' : 'rollout.promoted'
  if (next.phase === 'aborted') {
    if (next.supersededBy) return 'rollout.superseded'
    return stored.weight > 0 ? 'rollout.rolled-back' : 'rollout.aborted'
  }
  if (next.override && !stored.override) return 'rollout.overridden'
  if (next.pause && !stored.pause) return 'rollout.paused'
  if (stored.pause && !next.pause) return 'rollout.resumed'
  return stored.phase === 'queued' && next.phase === 'preparing' ? 'rollout.started' : undefined
}
