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

const NONE: ReadonlySet<string> = new Set()

/** Sorts jobs by their needs. A need that names no job counts as met; of jobs of one name the first counts. */
export function sortJobs<Job extends Node>(jobs: readonly Job[]): Sorted<Job> {
  const byName = new Map(jobs.toReversed().map(job => [job.name, job]))
  const dependents = new Map<string, Job[]>()
  const open = new Map<Job, number>()
  for (const job of byName.values()) {
    const needs = job.needs.length === 0 ? NONE : new Set(job.needs.filter(need => byName.has(need)))
    open.set(job, needs.size)
    for (const need of needs) {
      const known = dependents.get(need)
      if (known) known.push(job)
      else dependents.set(need, [job])
    }
  }
  const place = new Map(jobs.map((job, index) => [job, index]))
  const ready = new Heap<Job>(job => place.get(job)!)
  for (const [job, count] of open) if (count === 0) ready.push(job)
  const sorted: Job[] = []
  for (let next = ready.pop(); next; next = ready.pop()) {
    sorted.push(next)
    for (const dependent of dependents.get(next.name) ?? []) {
      const left = open.get(dependent)! - 1
      open.set(dependent, left)
      if (left === 0) ready.push(dependent)
    }
  }
  return { sorted, cycles: findCycles(byName, new Set(sorted.map(job => job.name))) }
}

/** Gives the item of the least key first. */
class Heap<Item> {
  readonly #items: Item[] = []
  readonly #key: (item: Item) => number

  constructor(key: (item: Item) => number) {
    this.#key = key
  }

  push(item: Item): void {
    this.#items.push(item)
    for (
      let at = this.#items.length - 1, up = (at - 1) >> 1;
      at > 0 && this.#less(at, up);
      up = (at - 1) >> 1
    ) {
      this.#swap(at, up)
      at = up
    }
  }

  pop(): Item | undefined {
    if (this.#items.length < 2) return this.#items.pop()
    this.#swap(0, this.#items.length - 1)
    const least = this.#items.pop()
    for (let at = 0; ; ) {
      let down = 2 * at + 1
      if (down + 1 < this.#items.length && this.#less(down + 1, down)) down++
      if (down >= this.#items.length || !this.#less(down, at)) return least
      this.#swap(at, down)
      at = down
    }
  }

  #less(a: number, b: number): boolean {
    return this.#key(this.#items[a]!) < this.#key(this.#items[b]!)
  }

  #swap(a: number, b: number): void {
    const item = this.#items[a]!
    this.#items[a] = this.#items[b]!
    this.#items[b] = item
  }
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
