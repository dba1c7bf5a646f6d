import { setTimeout as delay } from 'node:timers/promises'
import { RunnerError } from '../errors.ts'

const FIRST_MS = 50
const CAP_MS = 5000

/** The wait before try `n` (0, 1, 2 …): doubles up to 5 s; half of it is chance, so that a fleet spreads out. */
export function backoffMs(n: number, random: () => number = Math.random): number {
  const full = Math.min(CAP_MS, FIRST_MS * 2 ** Math.min(n, 20))
  return full / 2 + (full / 2) * random()
}

/** Resolves after `ms`, or at once when `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined)
}

/**
 * Repeats `work` until it succeeds, while it throws CONTROL_PLANE_UNREACHABLE and `signal` is not aborted.
 * Any other error passes through.
 */
export async function untilReached<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let n = 0; ; n++) {
    try {
      return await work()
    } catch (error) {
      const again = error instanceof RunnerError && error.code === 'CONTROL_PLANE_UNREACHABLE'
      if (!again || signal.aborted) throw error
      await pause(backoffMs(n), signal)
      if (signal.aborted) throw error
    }
  }
}

/** Resolves when `work` has settled or `ms` have passed, and leaves no timer behind. */
export async function within(work: Promise<unknown>, ms: number): Promise<void> {
  const timer = new AbortController()
  await Promise.race([work.catch(() => undefined), pause(ms, timer.signal)])
  timer.abort()
}
