import type { StoredRollout } from './ports.ts'

type Waiting = Pick<StoredRollout, 'id' | 'phase' | 'job' | 'supersede'>

/**
 * The first of a queue, oldest first, that a newer one has made needless: both wait, and the newer says so. What
 * has left the queue goes on, and a return by hand is never one of them.
 */
export function supersededIn<Rollout extends Waiting>(
  queue: readonly Rollout[],
): { readonly rollout: Rollout; readonly by: Rollout['id'] } | undefined {
  const waiting = queue.filter(({ phase, job }) => phase === 'queued' && job !== undefined)
  const newest = waiting.findLastIndex(({ supersede }) => supersede)
  return newest > 0 ? { rollout: waiting[0]!, by: waiting[newest]!.id } : undefined
}
