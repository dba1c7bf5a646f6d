import { type Instant, type JobId, type Json, messageOf, type PipelineId, Signal } from '../../core/index.ts'
import {
  hasEnded,
  type Job,
  type JobState,
  type JobView,
  jobViewOf,
  nextTransitions,
  type Pipeline,
  type PlannedJob,
  pipelineStateOf,
} from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { SerialByKey } from '../serial.ts'

/** Where deploy jobs go on: the rollouts' side. */
export interface Deployer {
  /** Begins the rollout of a running deploy job, once; says nothing twice. */
  begin(pipeline: Pipeline, job: Job): Promise<void>
}

export interface JobChange {
  readonly reason?: string
  readonly result?: Json
}

interface Deploy {
  readonly pipeline: Pipeline
  readonly job: Job
}

interface ScheduledJob {
  readonly id: JobId
  readonly view: JobView
}

/**
 * Moves pipelines on. Every step is a compare-and-set in the journal, so a crash between two steps is repaired
 * by asking again, which the start of the server does for every running pipeline.
 */
export class PipelineReconciler {
  readonly #plane: ControlPlane
  readonly #serial = new SerialByKey()
  /** Of pipelines that run. */
  readonly #plans = new Map<PipelineId, ReadonlyMap<JobId, PlannedJob>>()
  #deployer: Deployer | undefined
  /** Some job became ready: whoever waits for work looks again. */
  readonly ready: Signal<void> = new Signal<void>()

  constructor(plane: ControlPlane) {
    this.#plane = plane
  }

  deployWith(deployer: Deployer): void {
    this.#deployer = deployer
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
   * Takes every step that is due. Rollouts begin outside the pipeline's turn, since they report back into it.
   */
  async reconcile(id: PipelineId): Promise<void> {
    const deploys = await this.#serial.run(id, () => this.#reconcile(id))
    for (const { pipeline, job } of deploys) await this.#deployer?.begin(pipeline, job)
  }

  async #reconcile(id: PipelineId): Promise<readonly Deploy[]> {
    const { pipelines } = this.#plane.stores
    const pipeline = await pipelines.pipeline(id)
    // One that has ended is set going by a retry alone; one that never compiled has no job that could be.
    if (pipeline?.state !== 'running') return []
    const before = await this.#views(id)
    const moves = nextTransitions(before.map(({ view }) => view))
    const byName = new Map(before.map(job => [job.view.name, job.id]))
    for (const { name, from, to, reason } of moves) {
      await pipelines.moveJob(byName.get(name)!, from, to, { now: this.#now(), ...(reason && { reason }) })
    }
    const after = moves.length > 0 ? await this.#views(id) : before
    const state = pipelineStateOf(after.map(({ view }) => view))
    const ended =
      state !== pipeline.state && (await pipelines.movePipeline(id, pipeline.state, state, this.#now()))
    if (ended) this.#plans.delete(id)
    if (moves.length > 0 || ended) this.tell(pipeline)
    if (moves.some(({ to }) => to === 'ready')) this.ready.emit()
    return this.#deploys(pipeline, after)
  }

  async #deploys(pipeline: Pipeline, jobs: readonly ScheduledJob[]): Promise<readonly Deploy[]> {
    const running = jobs.filter(({ view }) => view.work.kind === 'deploy' && view.state === 'running')
    const found = await Promise.all(running.map(({ id }) => this.#plane.stores.pipelines.job(id)))
    return found.flatMap(job => (job ? [{ pipeline, job }] : []))
  }

  /** What the scheduler sees. Plans never change, so they are read once; only the states are read again. */
  async #views(id: PipelineId): Promise<readonly ScheduledJob[]> {
    let plans = this.#plans.get(id)
    if (!plans) {
      plans = new Map((await this.#plane.stores.pipelines.jobs(id)).map(job => [job.id, job.plan]))
      this.#plans.set(id, plans)
    }
    const states = await this.#plane.stores.pipelines.jobStates(id)
    return states.map(({ id: job, state }) => ({ id: job, view: jobViewOf(plans.get(job)!, state) }))
  }

  /** Moves one job and then whatever follows from it. False when the job was no longer in `from`. */
  async move(job: Job, from: JobState, to: JobState, change: JobChange = {}): Promise<boolean> {
    const moved = await this.#plane.stores.pipelines.moveJob(job.id, from, to, {
      now: this.#now(),
      ...change,
    })
    if (!moved) return false
    const pipeline = await this.#plane.stores.pipelines.pipeline(job.pipeline)
    if (pipeline) this.tell(pipeline)
    if (to === 'ready') this.ready.emit()
    if (hasEnded(to)) await this.reconcile(job.pipeline)
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
