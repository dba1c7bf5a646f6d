interface Node {
  readonly name: string
  readonly needs: readonly string[]
}

export interface Sorted<Job> {
  /** Every job after its needs, else in the given order. Without the jobs that are in a cycle or behind one. */
  readonly sorted: readonly Job[]
  /** Names along each cycle: each needs the next, the last the first. */
  readonly cycles: readonly (readonly string[])[]
}

/** Sorts jobs by their needs. A need that names no job counts as met; of jobs of one name the first counts. */
export function sortJobs<Job extends Node>(jobs: readonly Job[]): Sorted<Job> {
  const byName = new Map(jobs.toReversed().map(job => [job.name, job]))
  const dependents = new Map<string, Job[]>()
  const open = new Map<Job, number>()
  for (const job of byName.values()) {
    const needs = new Set(job.needs.filter(need => byName.has(need)))
    open.set(job, needs.size)
    for (const need of needs) dependents.set(need, [...(dependents.get(need) ?? []), job])
  }
  const place = new Map(jobs.map((job, index) => [job, index]))
  const ready = [...open].filter(([, count]) => count === 0).map(([job]) => job)
  const sorted: Job[] = []
  while (ready.length > 0) {
    const next = earliest(ready, place)
    sorted.push(next)
    for (const dependent of dependents.get(next.name) ?? []) {
      const left = open.get(dependent)! - 1
      open.set(dependent, left)
      if (left === 0) ready.push(dependent)
    }
  }
  return { sorted, cycles: findCycles(byName, new Set(sorted.map(job => job.name))) }
}

/** Takes the job that was written first out of `ready`. */
function earliest<Job>(ready: Job[], place: ReadonlyMap<Job, number>): Job {
  const first = ready.reduce((best, job) => (place.get(job)! < place.get(best)! ? job : best))
  ready.splice(ready.indexOf(first), 1)
  return first
}

/** Follows, from each job that could not be sorted, its first unsorted need until a name comes again. */
function findCycles(jobs: ReadonlyMap<string, Node>, sorted: ReadonlySet<string>): string[][] {
  const seen = new Set<string>()
  const cycles: string[][] = []
  for (const start of [...jobs.keys()].toReversed()) {
    const path: string[] = []
    let name: string | undefined = start
    while (name !== undefined && !sorted.has(name) && !seen.has(name)) {
      seen.add(name)
      path.push(name)
      name = jobs.get(name)!.needs.find(need => jobs.has(need) && !sorted.has(need))
    }
    const from = name === undefined ? -1 : path.indexOf(name)
    if (from >= 0) cycles.push(path.slice(from))
  }
  return cycles
}
