import { readFileSync } from 'node:fs'

/** A job with more processes than this is busy enough. */
const MAX_LOOKED_AT = 200
/** Of the machine's memory: what is left to it when no more jobs are started beside those that run. */
const SPARE_MEMORY = 0.1

/**
 * How many of these trees have a process that computes or waits for the disk at this moment. Asked of the kernel
 * and not of the clock: on a machine that others use too, a job that gets little time is none that sleeps.
 * Undefined where there is no /proc to ask.
 */
export function busyJobs(pids: readonly number[]): number | undefined {
  if (process.platform !== 'linux') return undefined
  return pids.filter(isBusy).length
}

function isBusy(root: number): boolean {
  const open = [root]
  for (let n = 0; n < open.length && n < MAX_LOOKED_AT; n++) {
    const state = read(`/proc/${open[n]}/stat`)
    // Gone or dead (Z): its end is just not heard of yet, and its place is about to be free.
    if (state === '' || /^[RDZ]/.test(state.slice(state.lastIndexOf(') ') + 2))) return true
    const children = read(`/proc/${open[n]}/task/${open[n]}/children`)
    open.push(...children.split(' ').filter(Boolean).map(Number))
  }
  return open.length > MAX_LOOKED_AT
}

/** Whether the machine has memory for more. */
export function hasSpareMemory(): boolean {
  const facts = read('/proc/meminfo')
  const of = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(facts)?.[1])
  const [available, total] = [of('MemAvailable'), of('MemTotal')]
  return !(available / total < SPARE_MEMORY)
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return '' // It has ended.
  }
}
