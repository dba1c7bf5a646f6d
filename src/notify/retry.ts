import type { Instant, Milliseconds } from '../core/index.ts'

const FIRST_WAIT_MS: Milliseconds = 5000
const LAST_WAIT_MS: Milliseconds = 60 * 60_000
/** After a day what happened is no news. */
const GIVE_UP_AFTER_MS: Milliseconds = 24 * 60 * 60_000

/**
 * How long a channel is left alone after its failures in a row: twice as long each time, up to an hour, and up to a
 * quarter less by chance, so that channels that failed together do not come back together. `chance`: in [0, 1).
 *
 *   1 -> 5 s · 2 -> 10 s · 5 -> 80 s · 11 and more -> 1 h
 */
export function waitAfter(failures: number, chance: number): Milliseconds {
  const wait = Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LAST_WAIT_MS)
  return Math.round(wait * (1 - chance / 4))
}

/** Whether a notice of that age that was not taken is tried again. */
export function isWorthTrying(at: Instant, now: Instant): boolean {
  return now - at < GIVE_UP_AFTER_MS
}
