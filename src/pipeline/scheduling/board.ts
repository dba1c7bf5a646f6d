import type { JobView } from '../types.ts'
import { type Before, Tally } from './tally.ts'
import { isOpen } from './view.ts'

/**
 * The jobs of a pipeline while the scheduler moves them. Each job is looked at when something it waits for has come
 * to its end, and stages are counted as they go: a whole run costs as much as there are jobs and needs.
 */
export class Board {
  readonly #jobs: Map<string, JobView>
  readonly #dependents: ReadonlyMap<string, readonly string[]>
  readonly #places: ReadonlyMap<string, number>
  /** By stage. */
  readonly #tallies: readonly Tally[]
  readonly #blocked: readonly string[][]
  /** Stages before this one have come to their end; `#before` says to which. */
  #frontier = 0
  readonly #before = new Tally()
  readonly #verdicts: Before[] = [{ kind: 'succeeded' }]
  readonly #queue: string[] = []
  #looked = 0
  #open = 0

  constructor(jobs: readonly JobView[], stages: readonly string[]) {
    this.#jobs = new Map(jobs.map(job => [job.name, job]))
    this.#dependents = dependentsOf(jobs)
    this.#places = new Map(stages.map((stage, place) => [stage, place]))
    // One more for jobs that name no stage of the plan: they come last, and nothing after them.
    this.#tallies = Array.from({ length: stages.length + 1 }, () => new Tally())
    this.#blocked = this.#tallies.map(() => [])
    for (const job of this.#jobs.values()) this.#add(job)
    this.#advance()
  }

  #add(job: JobView): void {
    this.#tallies[this.#stageOf(job)]!.add(job)
    if (isOpen(job) && job.state !== 'blocked') this.#open++
    if (job.state !== 'blocked') return
    if (job.order === 'stages' && job.skip === undefined) this.#blocked[this.#stageOf(job)]!.push(job.name)
    else this.#queue.push(job.name)
  }

  job(name: string): JobView | undefined {
    return this.#jobs.get(name)
  }

  /** The next blocked job to look at: one that was given, or one behind a job that has moved. */
  next(): JobView | undefined {
    while (this.#looked < this.#queue.length) {
      const job = this.#jobs.get(this.#queue[this.#looked++]!)
      if (job?.state === 'blocked') return job
    }
    this.#queue.length = 0
    this.#looked = 0
    return undefined
  }

  /** Whether anything is under way that could still move a blocked job. */
  get alive(): boolean {
    return this.#open > 0
  }

  /**
   * Takes a job's step towards its end. False, and nothing is taken, for a step back: what was decided by the job
   * as it was has to be asked anew, on another board.
   */
  set(job: JobView): boolean {
    const before = this.#jobs.get(job.name)
    if (!before || !isOpen(before) || (before.state !== 'blocked' && job.state === 'blocked')) return false
    this.#jobs.set(job.name, job)
    if (before.state !== 'blocked') this.#open--
    if (isOpen(job)) {
      if (job.state !== 'blocked') this.#open++
      return true
    }
    this.#queue.push(...(this.#dependents.get(job.name) ?? []))
    const tally = this.#tallies[this.#stageOf(job)]!
    tally.open--
    tally.add(job)
    this.#advance()
    return true
  }

  /** What the jobs of earlier stages have come to. */
  earlier(job: JobView): Before {
    return this.#verdicts[this.#stageOf(job)] ?? { kind: 'open' }
  }

  #advance(): void {
    for (;;) {
      this.#queue.push(...this.#blocked[this.#frontier]!.splice(0))
      if (this.#frontier === this.#tallies.length - 1) return
      const tally = this.#tallies[this.#frontier]!
      if (tally.open > 0) return
      this.#before.addAll(tally)
      this.#verdicts.push(this.#before.before)
      this.#frontier++
    }
  }

  #stageOf({ stage }: JobView): number {
    return (stage === undefined ? undefined : this.#places.get(stage)) ?? this.#tallies.length - 1
  }
}

/** Names of the jobs that need each job. */
export function dependentsOf(jobs: readonly JobView[]): ReadonlyMap<string, readonly string[]> {
  const dependents = new Map<string, string[]>()
  for (const { name, needs } of jobs)
    for (const need of needs) {
      const known = dependents.get(need)
      if (known) known.push(name)
      else dependents.set(need, [name])
    }
  return dependents
}
