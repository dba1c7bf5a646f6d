import { setMaxListeners } from 'node:events'
import { instant, messageOf } from '../../../core/index.ts'
import {
  type AttemptEnd,
  canceledByFailure,
  hasEnded,
  type JobMove,
  type JobState,
  outcomeOf,
  type Plan,
  pipelineStateOf,
  playTargets,
  Scheduler,
  withJobInputs,
} from '../../../pipeline/index.ts'
import type { PipelineEnd, Tell } from './events.ts'
import { JobRecord } from './record.ts'

/** How an attempt went, with a line for people. */
export interface AttemptResult extends AttemptEnd {
  readonly reason?: string
}

/** Does the work of one attempt. Waits for its turn itself; `begun` tells that it has come. */
export type Work = (job: JobRecord, begun: () => void, signal: AbortSignal) => Promise<AttemptResult>

export interface PipelineOptions {
  /** Names of the triggers above it. */
  readonly path: readonly string[]
  readonly plan: Plan
  readonly work: Work
  /** Whether a manual job is started without anybody's doing. */
  readonly plays: (job: string) => boolean
  /** Whether delayed jobs wait. */
  readonly delays: boolean
  readonly tell: Tell
  /** Since the start of the run. */
  readonly clock: () => number
  readonly signal: AbortSignal
}

/** One pipeline from its plan to its end: decides by the same rules as the server, and works here. */
export class LocalPipeline {
  readonly jobs: readonly JobRecord[]
  readonly #options: PipelineOptions
  readonly #scheduler: Scheduler
  readonly #byName: ReadonlyMap<string, JobRecord>
  readonly #ended = Promise.withResolvers<void>()
  /** Resource groups in use, and who waits for them. */
  readonly #groups = new Map<string, JobRecord[]>()
  readonly #canceling = new AbortController()
  /** Jobs that are under way or will be without anybody's doing. */
  #active = 0

  constructor(options: PipelineOptions) {
    const { plan, path } = options
    this.#options = options
    setMaxListeners(0, this.#canceling.signal)
    this.jobs = plan.jobs.map((job, n) => new JobRecord(withJobInputs(job), [...path, job.name].join('/'), n))
    this.#scheduler = new Scheduler(
      this.jobs.map(job => job.view()),
      plan.stages,
    )
    this.#byName = new Map(this.jobs.map(job => [job.name, job]))
  }

  /** Paths of the jobs that a job waited for: its needs, or all of the stage before that has any. */
  readonly waitedFor = (job: JobRecord): readonly string[] => {
    const { needs, order, stage } = job.plan
    if (needs.length > 0 || order !== 'stages')
      return needs.flatMap(name => this.#byName.get(name)?.path ?? [])
    const { stages = [] } = this.#options.plan
    for (let place = stages.indexOf(stage ?? '') - 1; place >= 0; place--) {
      const earlier = this.jobs.filter(
        other => other.plan.stage === stages[place] && other.startedMs !== undefined,
      )
      if (earlier.length > 0) return earlier.map(({ path }) => path)
    }
    return []
  }

  async run(): Promise<PipelineEnd> {
    const { tell, path, plan, signal } = this.#options
    const pipeline = path.join('/')
    tell({
      kind: 'pipeline-started',
      pipeline,
      jobs: plan.jobs.length,
      ...(plan.name !== undefined && { name: plan.name }),
    })
    const cancel = (): void => this.#cancel('the run was stopped')
    signal.addEventListener('abort', cancel, { once: true })
    this.#settle()
    await this.#ended.promise
    signal.removeEventListener('abort', cancel)
    const state = this.#state()
    tell({ kind: 'pipeline-ended', pipeline, state })
    return state
  }

  #state(): PipelineEnd {
    if (this.#options.signal.aborted) return 'canceled'
    const views = this.jobs.map(job => job.view())
    const open = pipelineStateOf(views)
    if (open !== 'running') return open
    const ended = pipelineStateOf(views.filter(({ state }) => hasEnded(state)))
    return ended === 'succeeded' || ended === 'running' ? 'blocked' : ended
  }

  /** Takes every step that can be taken; then it has ended, or something is under way. */
  #settle(): void {
    for (const move of this.#scheduler.moves()) this.#take(move)
    if (this.#active === 0) this.#ended.resolve()
  }

  #take(move: JobMove): void {
    const job = this.#byName.get(move.name)!
    this.#move(job, move.to, move.reason)
    if (hasEnded(move.to)) this.#tellEnd(job)
    else if (move.to !== 'waiting') this.#start(job)
    else if (move.delay !== undefined && this.#options.delays) this.#delay(job, move.delay)
    else if (move.delay !== undefined || this.#options.plays(job.name)) this.#play(job)
  }

  #move(job: JobRecord, to: JobState, reason?: string): void {
    job.move(to, reason)
    this.#scheduler.set(job.view())
  }

  /** A manual job that was asked for, or a delayed one. */
  #play(job: JobRecord): void {
    const views = this.jobs.map(other => other.view())
    for (const move of playTargets(job.name, views, this.#options.plan.stages)) this.#take(move)
  }

  #delay(job: JobRecord, delay: number): void {
    this.#active++
    job.due = instant(Date.now() + delay)
    const timer = setTimeout(() => go(), Math.min(delay, 2 ** 31 - 1))
    const go = (): void => {
      this.#canceling.signal.removeEventListener('abort', go)
      clearTimeout(timer)
      this.#active--
      if (job.state === 'waiting') this.#play(job)
      this.#settle()
    }
    this.#canceling.signal.addEventListener('abort', go, { once: true })
  }

  #start(job: JobRecord): void {
    this.#active++
    const group = job.plan.resourceGroup?.name
    const line = group === undefined ? undefined : this.#groups.get(group)
    if (line) line.push(job)
    else {
      if (group !== undefined) this.#groups.set(group, [])
      void this.#attempt(job)
    }
  }

  async #attempt(job: JobRecord): Promise<void> {
    const { work, tell, clock } = this.#options
    const signal = this.#canceling.signal
    job.tries++
    const begun = (): void => {
      this.#move(job, 'running')
      job.startedMs = clock()
      tell({ kind: 'job-started', job: job.path, try: job.tries })
    }
    const end = await work(job, begun, signal).catch(
      (error: unknown): AttemptResult => ({
        outcome: signal.aborted ? 'canceled' : 'errored',
        reason: messageOf(error),
      }),
    )
    this.#active--
    if (job.startedMs !== undefined) job.endedMs = clock()
    const { to, forgiven } = signal.aborted
      ? { to: 'canceled' as const, forgiven: false }
      : outcomeOf(job.plan, end, job.tries)
    job.forgiven = forgiven
    job.exitCode = end.exitCode
    this.#move(job, to, end.reason)
    if (to === 'ready') {
      tell({ kind: 'job-note', job: job.path, text: `${end.reason ?? 'it failed'}; tried again` })
      this.#active++
      return this.#attempt(job)
    }
    this.#tellEnd(job)
    this.#release(job)
    this.#cancelAfterFailure()
    this.#settle()
  }

  /** The next job of its resource group has its turn. */
  #release({ plan }: JobRecord): void {
    const group = plan.resourceGroup?.name
    if (group === undefined) return
    const next = this.#groups.get(group)?.shift()
    if (next) void this.#attempt(next)
    else this.#groups.delete(group)
  }

  #cancelAfterFailure(): void {
    const mode = this.#options.plan.autoCancel?.onJobFailure
    if (mode !== 'all' || this.#canceling.signal.aborted) return
    const views = this.jobs.map(job => job.view())
    if (canceledByFailure(mode, views).length > 0) this.#cancel('another job failed')
  }

  /** What has not begun ends at once; what runs is asked to, and ends through its work. */
  #cancel(reason: string): void {
    for (const job of this.jobs)
      if (job.state === 'blocked' || job.state === 'waiting') {
        this.#move(job, 'canceled', reason)
        this.#tellEnd(job)
      }
    this.#canceling.abort(new Error(reason))
    this.#settle()
  }

  #tellEnd(job: JobRecord): void {
    this.#options.tell({ kind: 'job-ended', job: job.summary() })
  }
}
