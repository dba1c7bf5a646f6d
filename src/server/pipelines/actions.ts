import { setImmediate } from 'node:timers/promises'
import type { JobId, PipelineId } from '../../core/index.ts'
import {
  type GivenInputs,
  hasEnded,
  isPlayable,
  type Job,
  type JobChange,
  type JobMove,
  type JobView,
  jobViewOf,
  type Pipeline,
  playTargets,
  retryTargets,
  whyNotTaken,
} from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { conflict, ServerError } from '../errors.ts'
import { recordApproval } from './approval.ts'
import { childrenOf } from './engine/superseded.ts'
import type { PipelineReconciler } from './reconcile.ts'

/** Jobs that are canceled in one transaction, while nothing else goes on. */
const AT_ONCE = 100

/** What people do to pipelines: cancel, retry, start manual jobs, approve. */
export class PipelineActions {
  readonly #plane: ControlPlane
  readonly #reconciler: PipelineReconciler

  constructor(plane: ControlPlane, reconciler: PipelineReconciler) {
    this.#plane = plane
    this.#reconciler = reconciler
  }

  /**
   * Cancels every job that has not ended, and those of the pipelines that this one has made in its project. Attempts
   * learn of it with their next heartbeat.
   */
  async cancelPipeline(id: PipelineId, by: string): Promise<void> {
    const pipeline = await this.#plane.stores.pipelines.pipeline(id)
    const children = pipeline ? await childrenOf(this.#plane, pipeline) : []
    const running = [...(pipeline?.state === 'running' ? [pipeline] : []), ...children]
    if (running.length === 0)
      throw conflict(
        'This pipeline has ended',
        'Only a running pipeline can be canceled; retry starts it again.',
      )
    // What made the others first, so that no trigger job ends as its pipeline did before it was canceled itself.
    for (const other of running) await this.#cancelAll(other, by)
    for (const other of running.toReversed()) await this.#reconciler.reconcile(other.id)
  }

  async #cancelAll(pipeline: Pipeline, by: string): Promise<void> {
    const { pipelines } = this.#plane.stores
    const live = (await pipelines.jobs(pipeline.id)).filter(job => !hasEnded(job.state))
    const change = { now: this.#plane.clock.now(), reason: `canceled by ${by}` }
    // From the end, so that no job becomes ready because the one before it was canceled.
    const steps = live
      .toReversed()
      .map(({ id, state }) => ({ id, from: state, to: 'canceled', change }) as const)
    for (let at = 0; at < steps.length; at += AT_ONCE) {
      await pipelines.moveJobs(steps.slice(at, at + AT_ONCE))
      // Others have their turn in between.
      await setImmediate()
    }
    this.#reconciler.tell(pipeline)
  }

  async cancelJob(job: Job, by: string): Promise<void> {
    if (hasEnded(job.state))
      throw conflict(
        `Job '${job.plan.name}' is ${job.state}`,
        'Only a job that has not ended can be canceled.',
      )
    await this.#cancel(job, by)
    for (const child of await this.#madeBy(job)) {
      await this.#cancelAll(child, by)
      await this.#reconciler.reconcile(child.id)
    }
    await this.#reconciler.reconcile(job.pipeline)
  }

  /** Running pipelines of its project that a trigger job has made, and those that they made. */
  async #madeBy(job: Job): Promise<readonly Pipeline[]> {
    if (job.plan.work.kind !== 'trigger') return []
    const { pipelines } = this.#plane.stores
    const own = await pipelines.pipeline(job.pipeline)
    const made: Pipeline[] = []
    for (const child of await pipelines.pipelinesOfParent(job.id)) {
      if (child.project !== own?.project) continue
      if (child.state === 'running') made.push(child)
      made.push(...(await childrenOf(this.#plane, child)))
    }
    return made
  }

  async #cancel(job: Job, by: string): Promise<void> {
    const moved = await this.#plane.stores.pipelines.moveJob(job.id, job.state, 'canceled', {
      now: this.#plane.clock.now(),
      reason: `canceled by ${by}`,
    })
    if (moved) await this.#reconciler.tellJob(job.id)
  }

  /** Sets an ended job going again, with what is behind it. A manual or delayed one starts at once. */
  async retry(job: Job, inputs: GivenInputs = {}): Promise<void> {
    const given = givenTo(job, inputs)
    const { jobs, stages, ids } = await this.#board(job)
    const targets = retryTargets(job.plan.name, jobs, stages)
    if (targets.length === 0)
      throw conflict(`Job '${job.plan.name}' is ${job.state}`, 'Only a job that has ended can be retried.')
    await this.#setGoing(job.pipeline)
    await this.#take(targets, ids, given)
    await this.#goOn(job.pipeline)
    const now = await this.#plane.stores.pipelines.job(job.id)
    if (now && isPlayable(jobViewOf(now.plan, now))) await this.#start(now)
  }

  /** Starts a job that waits for somebody, or for its time. */
  async play(
    job: Job,
    by: string,
    variables: Readonly<Record<string, string>> = {},
    inputs: GivenInputs = {},
  ): Promise<void> {
    const given = {
      ...givenTo(job, inputs),
      ...(Object.keys(variables).length > 0 && { variables }),
    }
    if (!(await this.#start(job, `started by ${by}`, given)))
      throw conflict(
        `Job '${job.plan.name}' is ${job.state}`,
        'Only a manual or delayed job can be started, while it waits for that.',
      )
  }

  async #start(
    job: Job,
    reason?: string,
    given: Pick<JobChange, 'variables' | 'inputs'> = {},
    approved = false,
  ): Promise<boolean> {
    const { jobs, stages, ids } = await this.#board(job)
    const [own, ...behind] = playTargets(job.plan.name, jobs, stages, approved)
    if (!own) return false
    await this.#setGoing(job.pipeline)
    const [moved] = await this.#take([own, ...behind], ids, {
      ...(reason !== undefined && { reason }),
      ...given,
    })
    if (own.to === 'ready') this.#reconciler.ready.emit()
    await this.#goOn(job.pipeline)
    return moved === true
  }

  async #board(job: Job): Promise<{
    readonly jobs: readonly JobView[]
    readonly stages: readonly string[]
    readonly ids: ReadonlyMap<string, JobId>
  }> {
    const { pipelines } = this.#plane.stores
    const jobs = await pipelines.jobs(job.pipeline)
    const pipeline = await pipelines.pipeline(job.pipeline)
    return {
      jobs: jobs.map(other => jobViewOf(other.plan, other)),
      stages: pipeline?.outline?.stages ?? [],
      ids: new Map(jobs.map(other => [other.plan.name, other.id])),
    }
  }

  /** Takes these steps together; `first` is what the first of them brings besides. */
  #take(
    moves: readonly JobMove[],
    ids: ReadonlyMap<string, JobId>,
    first: Pick<JobChange, 'reason' | 'variables' | 'inputs'> = {},
  ): Promise<readonly boolean[]> {
    const now = this.#plane.clock.now()
    return this.#plane.stores.pipelines.moveJobs(
      moves.map(({ name, from, to }, i) => ({
        id: ids.get(name)!,
        from,
        to,
        change: { now, ...(i === 0 && first) },
      })),
    )
  }

  /** Before its jobs move: a pipeline that runs is looked at again after a crash, one that has ended never is. */
  async #setGoing(id: PipelineId): Promise<void> {
    const { pipelines } = this.#plane.stores
    const pipeline = await pipelines.pipeline(id)
    if (pipeline && pipeline.state !== 'running')
      await pipelines.movePipeline(id, pipeline.state, 'running', this.#plane.clock.now())
  }

  /** Moves a pipeline on whose jobs were set going; meanwhile it may have ended as it was. */
  async #goOn(id: PipelineId): Promise<void> {
    await this.#setGoing(id)
    const pipeline = await this.#plane.stores.pipelines.pipeline(id)
    if (pipeline) this.#reconciler.tell(pipeline)
    await this.#reconciler.reconcile(id)
  }

  /**
   * Lets a waiting job go on: a deployment that needs approval starts; a gate that could not decide counts as
   * passed, on this person's word; a manual job starts. All stay in the job's reason.
   */
  async approve(job: Job, by: string): Promise<void> {
    if (job.state !== 'waiting')
      throw conflict(`Job '${job.plan.name}' is ${job.state}`, 'Only a waiting job can be approved.')
    if (await this.#start(job, `approved by ${by}`, {}, true)) return
    const rollout = await this.#plane.stores.rollouts.byJob(job.id)
    if (rollout && rollout.endedAt === undefined)
      throw conflict(
        `Job '${job.plan.name}' waits for more than a word: its rollout is ${rollout.phase}`,
        'Promote the rollout, let it go on in spite of its calendar, or abort it.',
      )
    await recordApproval(this.#plane, job, by)
    const to = job.plan.work.kind === 'deploy' ? 'running' : 'succeeded'
    await this.#reconciler.move(job, 'waiting', to, { reason: `approved by ${by}` })
    await this.#reconciler.reconcile(job.pipeline)
  }
}

/** With those given before, which these replace one by one. Throws REQUEST_INVALID. */
function givenTo({ plan, inputs }: Job, given: GivenInputs): Pick<JobChange, 'inputs'> {
  if (Object.keys(given).length === 0) return {}
  const why = whyNotTaken(plan.jobInputs, given)
  if (why === undefined) return { inputs: { ...inputs, ...given } }
  throw new ServerError('REQUEST_INVALID', {
    message: `Job '${plan.name}' does not take this: ${why}`,
    hint: 'See `inputs:` of the job in its file.',
  })
}
