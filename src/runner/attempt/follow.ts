import { stat } from 'node:fs/promises'
import type { Executor } from '../executors/executor.ts'
import type { JobProcess } from '../process/follow.ts'
import { type Stoppable, stopTree } from '../process/stop.ts'
import { isPlain } from '../script/job-script.ts'
import { PhaseKeeper } from '../script/phase-keeper.ts'
import type { AttemptFolder, StopReason } from './folder.ts'

/** Raw output; a job that writes so much is broken, and its log was cut long before. */
const MAX_RAW_LOG_BYTES = 1024 ** 3
const LOG_LOOK_MS = 2000

export interface Following {
  readonly folder: AttemptFolder
  readonly executor: Executor
  readonly process: JobProcess
  /** Aborted: it ends before its time, or it is left. */
  readonly stopping: AbortSignal
  /** Aborted: it is left running. */
  readonly gone: AbortSignal
  readonly stopReason: () => StopReason | undefined
  /** Stops it, and says why in its log. */
  readonly stop: (reason: StopReason) => Promise<void>
}

/**
 * Until a job's process has ended, by itself or by us. A job that is canceled may still run the phases that
 * always run; one that is over its limit, or whose runner stops, is ended as it stands. Throws when it is left.
 */
export async function followToEnd(following: Following): Promise<void> {
  const { folder, process, stopping, gone, stop } = following
  const job = stoppable(following)
  const left = (await folder.startedAt()) + folder.offer.timeoutMs - Date.now()
  // Longer than a timer can be is longer than anything runs.
  const timer = left < 2 ** 31 ? setTimeout(() => void stop('timed out'), Math.max(0, left)) : undefined
  const looking = setInterval(() => void lookAtLog(folder, stop), LOG_LOOK_MS)
  const keeper = keeperOf(folder, job)
  try {
    await Promise.race([process.ended, aborted(stopping)])
    if (!stopping.aborted) return
    if (gone.aborted) throw leftToNext()
    if (following.stopReason() === 'canceled') await Promise.race([keeper?.cancel(), aborted(gone)])
    if (gone.aborted) throw leftToNext()
    await stopTree(job)
    if (gone.aborted) throw leftToNext()
  } finally {
    clearTimeout(timer)
    clearInterval(looking)
    keeper?.close()
  }
}

export function stoppable({
  folder,
  executor,
  process,
}: Pick<Following, 'folder' | 'executor' | 'process'>): Stoppable {
  const job = { pid: process.pid, attempt: folder.offer.attempt, slot: folder.slot }
  return {
    pid: process.pid,
    ended: process.ended,
    signal: (signal, spareDriver) => executor.signal(job, signal, spareDriver),
  }
}

/** Undefined where the one phase is all there is. */
function keeperOf(folder: AttemptFolder, job: Stoppable): PhaseKeeper | undefined {
  const { work } = folder.offer
  if (work.kind !== 'script' || isPlain(work)) return undefined
  const { out, given } = folder.places
  return new PhaseKeeper({
    phases: work.phases,
    out,
    given,
    job,
    async onTimeout(phase) {
      await folder.recordTimeout(phase)
      await folder.say(`${work.phases[phase]?.name} ran longer than its limit`)
    },
  })
}

async function lookAtLog(folder: AttemptFolder, stop: Following['stop']): Promise<void> {
  const size = await stat(folder.logPath).then(
    found => found.size,
    () => 0,
  )
  if (size > MAX_RAW_LOG_BYTES) await stop('log too long')
}

export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}

export function leftToNext(): Error {
  return new Error('The attempt was left to the next runner')
}
