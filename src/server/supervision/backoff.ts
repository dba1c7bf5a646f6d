import type { Milliseconds } from '../../core/index.ts'

const DELAYS: readonly Milliseconds[] = [0, 200, 500, 1000, 2000, 5000, 10_000]

/** A process that lived this long was well: its next death counts as the first. */
export const WELL_AFTER_MS = 30_000

/**
 * How long to wait before the next start after `failures` deaths in a row: at once after the first, because most
 * deaths are single; then longer, so that a process that can't live costs little.
 *
 *   1 -> 0   2 -> 200   3 -> 500   …   7 and more -> 10,000
 */
export function restartDelay(failures: number): Milliseconds {
  return DELAYS[Math.min(Math.max(failures, 1), DELAYS.length) - 1]!
}
