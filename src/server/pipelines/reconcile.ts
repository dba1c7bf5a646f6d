import {
  boundary,
  type Instant,
  type JobId,
  type Json,
  messageOf,
  type PipelineId,
  type ProjectId,
  Signal,
} from '../../core/index.ts'
import {
  dueTransitions,
  hasEnded,
  type Job,
  type JobState,
  jobViewOf,
  type Pipeline,
  pipelineStateOf,
} from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { SerialByKey } from '../serial.ts'
import { LivePipeline } from './engine/live.ts'
import { cancelSuperseded } from './engine/superseded.ts'
import { Turns } from './engine/turns.ts'

/** Where deploy jobs go on: the rollouts' side. */
export interface Deployer {
  /** Begins the rollout of a running deploy job, once; says nothing twice. */
  begin(pipeline: Pipeline, job: Job): Promise<void>
  /** Ends a waiting job whose rollout has ended: a server died between the two. */
  goOn(job: Job): Promise<void>
}

/** Where trigger jobs go on: with the pipelines that they make. */
export interface Follower {
  /** Takes the step that a running trigger job is to take, if any. */
  follow(job: JobId): Promise<void>
  /** A pipeline has ended: the job that made it may go on. */
  ended(pipeline: Pipeline): Promise<void>
}

export interface JobChange {
  readonly reason?: string
  readonly result?: Json
}

/** What is to be done once a pipeline was moved on, outside its turn: it reports back into this or other pipelines. */
interface FollowUp {
  readonly pipeline: Pipeline
  readonly deploys: readonly JobId[]
  /** Deploy jobs that wait, when a pipeline is looked at for the first time. */
  readonly waiting: readonly JobId[]
  readonly triggers: readonly JobId[]
  readonly groups: readonly string[]
  readonly isNew: boolean
  readonly ended: boolean
}

/** Asked for, and not begun. */
interface Asked {
  moved: Set<JobId> | 'all'
  done: Promise<void>
}

/**
 * Moves pipelines on. Every step is a compare-and-set in the journal, so a crash between two steps is repaired
 * by asking again, which the start of the server does for every running pipeline.
 */
export class PipelineReconciler {
  readonly #plane: ControlPlane
  readonly #serial = new SerialByKey()
  /** Asked for and not begun: who asks meanwhile is served by the same. */
  readonly #asked = new Map<PipelineId, Asked>()
  readonly #live = new Map<PipelineId, LivePipeline>()
  #deployer: Deployer | undefined
  #follower: Follower | undefined
  readonly turns: Turns
  /** Some job became ready: whoever waits for work looks again. */
  readonly ready: Signal<void> = new Signal<void>()

  constructor(plane: ControlPlane) {
    this.#plane = plane
    this.turns = new Turns(plane)
  }

  deployWith(deployer: Deployer): void {
    this.#deployer = deployer
  }

  followWith(follower: Follower): void {
    this.#follower = follower
  }

  async resume(): Promise<void> {
    for (const { id } of await this.#plane.stores.pipelines.pipelinesIn('running')) {
      // One that can't be moved on keeps neither the others nor the server from it.
      await this.reconcile(id).catch((error: unknown) =>
        this.#plane.logger.error(
          { pipeline: id, error: messageOf(error) },
          'a pipeline could not be resumed',
        ),
      )
    }
    this.ready.emit()
  }

  /**
   * Takes every step that is due, and then what follows from it elsewhere: rollouts begin, other pipelines are
   * made, canceled or told of an end, and whose turn it is in a resource group goes on. `moved`: the only job that
   * has moved as far as the caller knows; whoever moves another one says so too.
   */
  reconcile(id: PipelineId, moved?: JobId): Promise<void> {
    const asked = this.#asked.get(id)
    if (asked) {
      if (moved === undefined) asked.moved = 'all'
      else if (asked.moved !== 'all') asked.moved.add(moved)
      return asked.done
    }
    const ask: Asked = { moved: moved === undefined ? 'all' : new Set([moved]), done: Promise.resolve() }
    ask.done = this.#serial
      .run(id, () => {
        this.#asked.delete(id)
        return this.#reconcile(id, ask.moved).catch((error: unknown) => {
          // What it holds to be done may not be: the journal is read anew.
          this.#live.delete(id)
          throw error
        })
      })
      .then(followUp => followUp && this.#followUp(followUp))
    this.#asked.set(id, ask)
    return ask.done
  }

  async #reconcile(id: PipelineId, moved: ReadonlySet<JobId> | 'all'): Promise<FollowUp | undefined> {
    const { pipelines } = this.#plane.stores
    const pipeline = await pipelines.pipeline(id)
    // One that has ended is set going by a retry alone; one that never compiled has no job that could be.
    if (pipeline?.state !== 'running') {
      this.#live.delete(id)
      return undefined
    }
    const isNew = !this.#live.has(id)
    const live = this.#live.get(id) ?? new LivePipeline(pipelines, pipeline, await pipelines.jobs(id))
    this.#live.set(id, live)
    const { changed, ready } = await live.advance(this.#now(), moved)
    const { jobs } = live
    const state = pipelineStateOf(jobs)
    const ended =
      state !== pipeline.state && (await pipelines.movePipeline(id, pipeline.state, state, this.#now()))
    if (ended) this.#live.delete(id)
    if (changed || ended) this.tell(pipeline)
    if (ready) this.ready.emit()
    const running = jobs.filter(job => job.state === 'running')
    return {
      pipeline,
      deploys: running.filter(({ work }) => work.kind === 'deploy').map(job => live.idOf(job)),
      waiting: isNew
        ? jobs
            .filter(({ state, work }) => state === 'waiting' && work.kind === 'deploy')
            .map(job => live.idOf(job))
        : [],
      triggers: running.filter(({ work }) => work.kind === 'trigger').map(job => live.idOf(job)),
      groups: changed || isNew ? live.groups : [],
      isNew,
      ended,
    }
  }

  async #followUp({ pipeline, deploys, waiting, triggers, groups, isNew, ended }: FollowUp): Promise<void> {
    if (isNew) for (const id of await cancelSuperseded(this.#plane, pipeline)) await this.reconcile(id)
    for (const id of deploys) {
      const job = await this.#plane.stores.pipelines.job(id)
      if (job?.state === 'running') await this.#deployer?.begin(pipeline, job)
    }
    for (const id of waiting) {
      const job = await this.#plane.stores.pipelines.job(id)
      if (job?.state === 'waiting') await this.#deployer?.goOn(job)
    }
    for (const id of triggers) await this.#follower?.follow(id)
    for (const group of groups) await this.#nextTurn(pipeline.project, group)
    if (ended) await this.#follower?.ended(pipeline)
  }

  /** Starts the job whose turn it is where its work is the control plane's own; runners are told of the others. */
  async #nextTurn(project: ProjectId, group: string): Promise<void> {
    const { pipelines } = this.#plane.stores
    const started = await this.turns.take(project, group, async id => {
      const job = await pipelines.job(id)
      if (!job) return undefined
      const { kind } = job.plan.work
      if (kind === 'script' || kind === 'stage') this.ready.emit()
      else if (await pipelines.moveJob(id, 'ready', 'running', { now: this.#now() })) return job.pipeline
      return undefined
    })
    if (started) await this.reconcile(started)
  }

  /** Starts delayed jobs whose time has come, and ends those that nobody approved in time. Called every second. */
  async startDue(): Promise<void> {
    const now = this.#now()
    for (const job of await this.#plane.stores.pipelines.dueJobs(now)) {
      const [move] = dueTransitions([jobViewOf(job.plan, job)], now)
      const change = move?.reason === undefined ? {} : { reason: move.reason }
      if (move && (await this.move(job, move.from, move.to, change))) await this.reconcile(job.pipeline)
    }
  }

  /** Moves one job and then whatever follows from it. False when the job was no longer in `from`. */
  async move(job: Job, from: JobState, to: JobState, change: JobChange = {}): Promise<boolean> {
    const { reason, result } = change
    const moved = await this.#plane.stores.pipelines.moveJob(job.id, from, to, {
      now: this.#now(),
      ...(reason !== undefined && { reason }),
      ...(result !== undefined && { result }),
    })
    if (!moved) return false
    boundary('job-moved')
    const pipeline = await this.#plane.stores.pipelines.pipeline(job.pipeline)
    if (pipeline) this.tell(pipeline)
    if (to === 'ready') this.ready.emit()
    if (hasEnded(to)) await this.reconcile(job.pipeline, job.id)
    return true
  }

  tell(pipeline: Pipeline): void {
    this.#plane.changes.tell({ kind: 'pipeline', project: pipeline.project, pipeline: pipeline.id })
  }

  async tellJob(id: JobId): Promise<void> {
    const job = await this.#plane.stores.pipelines.job(id)
    const pipeline = job && (await this.#plane.stores.pipelines.pipeline(job.pipeline))
    if (pipeline) this.tell(pipeline)
  }

  #now(): Instant {
    return this.#plane.clock.now()
  }
}
