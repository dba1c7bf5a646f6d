import type { Instant, JobId } from '../../../core/index.ts'
import {
  canceledByFailure,
  type Job,
  type JobMove,
  type JobNow,
  type JobStep,
  type JobView,
  jobViewOf,
  type Pipeline,
  type PipelineStore,
  type PlannedJob,
  Scheduler,
} from '../../../pipeline/index.ts'

/** Beyond as many, all jobs are asked for: a statement for each number would be prepared. */
const MAX_ASKED = 16

/** A pipeline that runs. Plans never change, so they are read once; of the states, what changed goes to the scheduler. */
export class LivePipeline {
  readonly #store: PipelineStore
  readonly #pipeline: Pipeline
  readonly #plans: ReadonlyMap<JobId, PlannedJob>
  readonly #ids: ReadonlyMap<string, JobId>
  readonly #seen = new Map<JobId, JobNow>()
  readonly #scheduler: Scheduler
  /** Its resource groups. */
  readonly groups: readonly string[]

  constructor(store: PipelineStore, pipeline: Pipeline, jobs: readonly Job[]) {
    this.#store = store
    this.#pipeline = pipeline
    this.#plans = new Map(jobs.map(({ id, plan }) => [id, plan]))
    this.#ids = new Map(jobs.map(({ id, plan }) => [plan.name, id]))
    for (const job of jobs) this.#seen.set(job.id, nowOf(job))
    this.#scheduler = new Scheduler(
      jobs.map(job => jobViewOf(job.plan, job)),
      pipeline.outline?.stages,
    )
    this.groups = [...new Set(jobs.flatMap(({ plan }) => plan.resourceGroup?.name ?? []))]
  }

  get jobs(): readonly JobView[] {
    return this.#scheduler.jobs
  }

  idOf({ name }: JobView): JobId {
    return this.#ids.get(name)!
  }

  /**
   * Takes every step that is due, in the journal, now that something has become of these jobs (`all`: of any). Tells
   * whether anything has changed, and any job became ready.
   */
  async advance(
    now: Instant,
    moved: ReadonlySet<JobId> | 'all',
  ): Promise<{ readonly changed: boolean; readonly ready: boolean }> {
    let changed = false
    let ready = false
    for (let look = moved; ; look = 'all') {
      if (await this.#refresh(look)) changed = true
      const moves = [...this.#afterFailure(), ...this.#scheduler.moves()]
      if (moves.length === 0) return { changed, ready }
      const taken = await this.#store.moveJobs(moves.map(move => this.#step(move, now)))
      changed = true
      if (moves.some(({ to }) => to === 'ready')) ready = true
      // Where somebody else was faster, what follows from it is looked at again.
      if (taken.every(Boolean)) return { changed, ready }
    }
  }

  async #refresh(moved: ReadonlySet<JobId> | 'all'): Promise<boolean> {
    const only = moved === 'all' || moved.size > MAX_ASKED ? undefined : [...moved]
    let changed = false
    for (const { id, ...now } of await this.#store.jobStates(this.#pipeline.id, only)) {
      const plan = this.#plans.get(id)
      if (!plan || isSame(this.#seen.get(id), now)) continue
      this.#seen.set(id, now)
      this.#scheduler.set(jobViewOf(plan, now))
      changed = true
    }
    return changed
  }

  /** From the end, so that no job becomes ready because the one before it was canceled. */
  #afterFailure(): readonly JobMove[] {
    const mode = this.#pipeline.outline?.autoCancel?.onJobFailure
    const rest = mode === 'all' ? canceledByFailure(mode, this.jobs) : []
    return rest.toReversed().map(job => {
      this.#scheduler.set({ ...job, state: 'canceled' })
      return { name: job.name, from: job.state, to: 'canceled', reason: 'another job of the pipeline failed' }
    })
  }

  #step({ name, from, to, reason, delay }: JobMove, now: Instant): JobStep {
    const id = this.#ids.get(name)!
    const due = delay === undefined ? {} : { due: (now + delay) as Instant }
    this.#seen.set(id, { state: to, ...due })
    return { id, from, to, change: { now, ...due, ...(reason !== undefined && { reason }) } }
  }
}

function nowOf({ state, due, forgiven }: Job): JobNow {
  return { state, ...(due !== undefined && { due }), ...(forgiven !== undefined && { forgiven }) }
}

function isSame(a: JobNow | undefined, b: JobNow): boolean {
  return a?.state === b.state && a.due === b.due && (a.forgiven ?? false) === (b.forgiven ?? false)
}
