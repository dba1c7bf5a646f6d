import type { Milliseconds } from '../../../core/index.ts'
import type { JobSummary } from '../engine/events.ts'

export interface CriticalPath {
  /** Names of its jobs, first to last. */
  readonly jobs: readonly string[]
  readonly duration: Milliseconds
}

export interface TimedJob extends Pick<JobSummary, 'job' | 'durationMs'> {
  /** Paths of the jobs that it waited for. */
  readonly before: readonly string[]
}

/**
 * The longest chain of jobs that waited for each other, by the time that they took: no number of places makes the
 * pipeline faster than that. `jobs` in an order in which each comes after those it waited for.
 */
export function criticalPath(jobs: readonly TimedJob[]): CriticalPath {
  const ends = new Map<string, { readonly duration: Milliseconds; readonly from: string | undefined }>()
  let last: string | undefined
  for (const { job, durationMs = 0, before } of jobs) {
    let from: string | undefined
    for (const name of before)
      if (ends.has(name) && lengthOf(name) > (from === undefined ? -1 : lengthOf(from))) from = name
    ends.set(job, { duration: durationMs + (from === undefined ? 0 : lengthOf(from)), from })
    if (last === undefined || lengthOf(job) > lengthOf(last)) last = job
  }
  const path: string[] = []
  for (let at = last; at !== undefined; at = ends.get(at)?.from) path.unshift(at)
  return { jobs: path, duration: last === undefined ? 0 : lengthOf(last) }

  function lengthOf(name: string): Milliseconds {
    return ends.get(name)?.duration ?? 0
  }
}
