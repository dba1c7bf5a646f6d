import type { Instant, Milliseconds } from '../../core/index.ts'
import { type RolloutEvent, type StoredRollout, shadowOf } from '../../rollout/index.ts'
import type { Fleet } from './fleet.ts'
import type { Publisher } from './publisher.ts'
import { baselineReplica } from './wanted.ts'

/** So long before the end of a shadow the baseline of the next step begins to load. */
const LEAD_MS: Milliseconds = 60_000

type Analysed = Extract<RolloutEvent, { kind: 'analysed' }>

/**
 * A shadow that passed has no baseline yet, and the step behind it needs one: what it awaits until that is there. The
 * event as it is where nothing is awaited.
 */
export async function beyondShadow(
  { fleet, publisher }: { readonly fleet: Fleet; readonly publisher: Publisher },
  rollout: StoredRollout,
  event: Analysed,
  now: Instant,
): Promise<RolloutEvent> {
  const { strategy, step, stepStartedAt, pause } = rollout
  if (shadowOf(rollout) === undefined || strategy.kind !== 'canary' || pause) return event
  if (strategy.steps[step + 1] === undefined) return event
  if (stepStartedAt + strategy.steps[step]!.hold - now > LEAD_MS) return event
  await publisher.bringBaseline(rollout.id)
  const baseline = baselineReplica(rollout)
  const reason = fleet.failure(baseline)
  if (reason !== undefined) return { kind: 'replicas-failed', reason }
  if (fleet.ready(baseline).length > 0) return event
  return { ...event, awaits: 'the baseline of the next step loads' }
}
