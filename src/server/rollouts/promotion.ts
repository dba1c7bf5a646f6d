import type { Instant, Milliseconds } from '../../core/index.ts'
import type { Deployment, StoredRollout, Strategy } from '../../rollout/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { isPreview } from '../delivery/previews/name.ts'

/** What serves once a rollout is promoted. */
export async function promotionOf(
  { stores, clock }: Pick<ControlPlane, 'stores' | 'clock'>,
  rollout: StoredRollout,
): Promise<Deployment> {
  const { project, model, environment, candidate } = rollout
  const before = await stores.rollouts.deployment(model, environment)
  const earlier = before?.stable === candidate ? before.previous : before?.stable
  // Nobody rolls a preview back: the next push is sooner there.
  const previous = isPreview(environment) ? undefined : earlier
  // A rollback by hand has no file of its own.
  const traffic = rollout.job ? rollout.traffic : before?.traffic
  const hold = holdOf(rollout.strategy)
  return {
    project,
    model,
    environment,
    stable: candidate,
    ...(previous && { previous }),
    ...(previous && hold !== undefined && { previousUntil: (clock.now() + hold) as Instant }),
    ...(traffic && { traffic }),
    since: clock.now(),
  }
}

/** How long the version before is kept loaded; undefined: always. Where one was ended to make room, it stays so. */
function holdOf(strategy: Strategy): Milliseconds | undefined {
  if (strategy.kind === 'blue-green') return strategy.hold
  return strategy.kind === 'recreate' ? 0 : undefined
}
