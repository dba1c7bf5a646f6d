import { availableParallelism, cpus } from 'node:os'

/** Processors' work between two looks, in processors: 1.5 is one and a half of them, all the time. */
export interface CpuSample {
  /** Nobody used them. */
  readonly idle: number
  /** This process did. */
  readonly own: number
}

export interface CpuTimes {
  /** Of all processors, seconds. */
  readonly idle: number
  readonly total: number
  /** Of this process, seconds. */
  readonly own: number
  readonly processors: number
}

/** Looks at the whole machine; a container's limit is known by `availableParallelism`. */
export function readCpuTimes(): CpuTimes {
  let [idle, total] = [0, 0]
  const all = cpus()
  for (const { times } of all) {
    idle += times.idle
    total += times.idle + times.user + times.nice + times.sys + times.irq
  }
  const { user, system } = process.cpuUsage()
  return { idle: idle / 1000, total: total / 1000, own: (user + system) / 1e6, processors: all.length }
}

/** Undefined where the system does not tell, or too little time passed to say. */
export function sampleOf(before: CpuTimes, after: CpuTimes): CpuSample | undefined {
  const total = after.total - before.total
  // Ticks are 10 ms.
  if (total <= 0.05 || after.processors === 0) return undefined
  const seconds = total / after.processors
  return {
    idle: Math.max(0, (after.idle - before.idle) / seconds),
    own: Math.max(0, (after.own - before.own) / seconds),
  }
}

/** Processors that this process could use: what is idle, and what it uses already; at least 1. */
export function usable(sample: CpuSample | undefined, limit: number): number {
  const allowed = Math.max(1, Math.min(limit, availableParallelism()))
  if (sample === undefined) return allowed
  return Math.max(1, Math.min(allowed, Math.round(sample.idle + sample.own)))
}
