import { setTimeout as delay } from 'node:timers/promises'
import { within } from '../control/backoff.ts'
import type { JobProcess } from './follow.ts'
import { descendants, inner, signalAll } from './tree.ts'

/** Between asking (TERM) and ending (KILL). */
const ASK_MS = 5000
const LOOK_MS = 50

/**
 * Ends everything that a job started, however deep, but not the shim, which then writes the exit status.
 * Processes are asked first; what is left after `askMs` is killed, and what they start meanwhile too.
 */
export async function stopTree(
  job: JobProcess,
  extra: () => readonly number[],
  askMs: number = ASK_MS,
): Promise<void> {
  let ended = false
  const end = job.ended.then(() => {
    ended = true
  })
  const targets = (): readonly number[] => {
    const below = descendants(job.pid)
    const within = inner(below)
    return [...(within.length > 0 ? within : below), ...extra()]
  }
  if (askMs > 0) {
    signalAll(targets(), 'SIGTERM')
    await within(end, askMs)
  }
  // The first process of a namespace is among the killed, and takes the whole namespace with it.
  for (let n = 0; !ended && n < 200; n++) {
    signalAll(targets(), 'SIGKILL')
    await within(end, LOOK_MS)
  }
  if (!ended) signalAll([job.pid], 'SIGKILL')
}

/** Kills what outlived its job, until there is nothing more. */
export async function killLeftovers(find: () => readonly number[]): Promise<void> {
  for (let n = 0; n < 100; n++) {
    const left = find()
    if (left.length === 0) return
    signalAll(left, 'SIGKILL')
    await delay(10)
  }
}
