import { within } from '../control/backoff.ts'
import type { EndSignal } from '../executors/executor.ts'
import { signalAll } from './tree.ts'

/** Between asking (TERM) and ending (KILL). */
const ASK_MS = 5000
const LOOK_MS = 50
/** Enough for what a job starts while it is being killed. */
const MAX_KILLS = 200

export interface Stoppable {
  /** Of the shim. */
  readonly pid: number
  readonly ended: Promise<void>
  signal(signal: EndSignal, spareDriver: boolean): void | Promise<void>
}

/**
 * Ends everything that a job started, however deep, but not the shim, which then writes the exit status.
 * Processes are asked first; what is left after `askMs` is killed, and what they start meanwhile too.
 */
export async function stopTree(job: Stoppable, askMs: number = ASK_MS): Promise<void> {
  let ended = false
  const end = job.ended.then(() => {
    ended = true
  })
  if (askMs > 0) {
    await job.signal('SIGTERM', false)
    await within(end, askMs)
  }
  // The first process of a namespace is among the killed, and takes the whole namespace with it.
  for (let n = 0; !ended && n < MAX_KILLS; n++) {
    await job.signal('SIGKILL', false)
    await within(end, LOOK_MS)
  }
  if (!ended) signalAll([job.pid], 'SIGKILL')
}

/**
 * Ends a phase that is under way in the same manner, and lets the script go on. `over`: whether the phase has
 * ended; looked at before each signal. False when it can't be ended.
 */
export async function stopPhase(
  job: Stoppable,
  over: () => Promise<boolean>,
  askMs: number = ASK_MS,
): Promise<boolean> {
  let ended = false
  const end = job.ended.then(() => {
    ended = true
  })
  const isOver = async (): Promise<boolean> => ended || (await over())
  const asked = Date.now()
  if (await isOver()) return true
  await job.signal('SIGTERM', true)
  while (Date.now() - asked < askMs) {
    await within(end, LOOK_MS)
    if (await isOver()) return true
  }
  for (let n = 0; n < MAX_KILLS; n++) {
    await job.signal('SIGKILL', true)
    await within(end, LOOK_MS)
    if (await isOver()) return true
  }
  return false
}
