import { formatMinute, type Instant, type Milliseconds } from '../core/index.ts'
import type { Pause, Rollout, RolloutEvent } from './types.ts'

/** What lifts a pause whose time is over. */
export function endOfPause({ pause }: Pick<Rollout, 'pause'>, now: Instant): RolloutEvent | undefined {
  return pause?.until !== undefined && pause.until <= now ? { kind: 'pause-over' } : undefined
}

/** Stays where it stands from now on; one that is paused already is so for the newer reason, and until the newer end. */
export function paused(
  rollout: Rollout,
  { by, reason, forMs }: Extract<RolloutEvent, { kind: 'pause' }>,
  now: Instant,
): Rollout {
  const pause: Pause = {
    by,
    at: now,
    ...(reason && { reason }),
    ...(forMs !== undefined && { until: after(now, forMs) }),
  }
  return { ...rollout, pause, reason: pauseText(pause) }
}

/** Goes on; the same object where nothing kept it. */
export function resumed(rollout: Rollout, how: string): Rollout {
  const { pause, ...rest } = rollout
  return pause ? { ...rest, reason: how } : rollout
}

/** `Paused by ada until 2026-11-30 07:00 UTC: looking into it`. */
export function pauseText({ by, until, reason }: Pause): string {
  const end = until === undefined ? '' : ` until ${formatMinute(until)}`
  return `Paused by ${by}${end}${reason ? `: ${reason}` : ''}`
}

function after(now: Instant, ms: Milliseconds): Instant {
  return (now + ms) as Instant
}
