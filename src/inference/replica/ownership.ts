import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'

/** A host writes within milliseconds which process it started; a busy machine takes longer. */
const NAMED_LIMIT_MS = 5000
const LOOK_MS = 20

/**
 * Whether a replica's host knows this process: `path` names it (`ProcessId`). A host that was killed between a start and
 * its note leaves a process that nobody knows; the next host starts another, whose socket it must not take.
 */
export async function isKnown(path: string, limitMs: number = NAMED_LIMIT_MS): Promise<boolean> {
  const until = performance.now() + limitMs
  while ((await pidIn(path)) !== process.pid) {
    if (performance.now() > until) return false
    await pause(LOOK_MS)
  }
  return true
}

async function pidIn(path: string): Promise<unknown> {
  try {
    const note: unknown = JSON.parse(await readFile(path, 'utf8'))
    return typeof note === 'object' && note !== null && 'pid' in note ? note.pid : undefined
  } catch {
    return undefined
  }
}
