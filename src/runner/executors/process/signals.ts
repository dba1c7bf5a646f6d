import { setTimeout as delay } from 'node:timers/promises'
import { descendants, inner, isDriver, signalAll } from '../../process/tree.ts'
import type { Executor, RunningJob } from '../executor.ts'

type FindStrays = (attempt: string, slot: number) => readonly number[]

/**
 * How the executors that run plain processes end them: those below the shim, and those that left its tree
 * (`strays`; none where a namespace holds them all). `marked`: every process that the attempt's mark is on.
 */
export function processSignals(strays: FindStrays, marked: FindStrays): Pick<Executor, 'signal' | 'sweep'> {
  return {
    signal(job, signal, spareDriver) {
      signalAll(spareDriver ? belowDriver(job, strays) : ofJob(job, strays), signal)
    },
    async sweep({ attempt, slot }, lost) {
      await killLeftovers(() => [...strays(attempt, slot), ...(lost ? marked(attempt, slot) : [])])
    },
  }
}

function ofJob({ pid, attempt, slot }: RunningJob, strays: FindStrays): readonly number[] {
  const below = descendants(pid)
  const within = inner(below)
  return [...(within.length > 0 ? within : below), ...strays(attempt, slot)]
}

/** All but the script and what stands between it and the shim. */
function belowDriver({ pid, attempt, slot }: RunningJob, strays: FindStrays): readonly number[] {
  const all = descendants(pid)
  const driver = all.find(isDriver)
  if (driver === undefined) return []
  const below = descendants(driver)
  // Nearest first: whatever stands before the driver is above it or beside it, and no part of the phase.
  const above = new Set([...all.slice(0, all.indexOf(driver) + 1)].filter(other => !below.includes(other)))
  return [...below, ...strays(attempt, slot).filter(stray => !above.has(stray) && !below.includes(stray))]
}

/** Kills what outlived its job, until there is nothing more. */
async function killLeftovers(find: () => readonly number[]): Promise<void> {
  for (let n = 0; n < 100; n++) {
    const left = find()
    if (left.length === 0) return
    signalAll(left, 'SIGKILL')
    await delay(10)
  }
}
