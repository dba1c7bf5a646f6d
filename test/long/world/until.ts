import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_EVERY_MS = 50

/**
 * Looks until there is something, and gives it; an error while looking counts as nothing yet. Throws when the
 * deadline passes, with what was seen last.
 */
export async function until<Found>(
  what: string,
  look: () => Promise<Found | undefined> | Found | undefined,
  deadlineMs: number,
): Promise<Found> {
  const deadline = performance.now() + deadlineMs
  let last: unknown
  for (;;) {
    try {
      const found = await look()
      if (found !== undefined) return found
      last = undefined
    } catch (error) {
      last = error
    }
    if (performance.now() > deadline)
      throw new Error(`After ${deadlineMs / 1000} s still waiting for ${what}`, { cause: last })
    await sleep(LOOK_EVERY_MS)
  }
}
