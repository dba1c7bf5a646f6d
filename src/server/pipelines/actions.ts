import type { PipelineId } from '../../core/index.ts'
import { hasEnded, type Job, jobViewOf, retryTargets } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { conflict } from '../errors.ts'
import type { PipelineReconciler } from './reconcile.ts'

/** What people do to pipelines: cancel, retry, approve. */
export class PipelineActions {
  readonly #plane: ControlPlane
  readonly #reconciler: PipelineReconciler

  constructor(plane: ControlPlane, reconciler: PipelineReconciler) {
    this.#plane = plane
    this.#reconciler = reconciler
  }

  /** Cancels every job that has not ended. Attempts learn of it with their next heartbeat. */
  async cancelPipeline(id: PipelineId, by: string): Promise<void> {
    const jobs = await this.#plane.stores.pipelines.jobs(id)
    const live = jobs.filter(job => !hasEnded(job.state))
    if (live.length === 0)
      throw conflict(
        'This pipeline has ended',
        'Only a running pipeline can be canceled; retry starts it again.',
      )
    // From the end, so that no job becomes ready because the one before it was canceled.
    for (const job of live.toReversed()) await this.#cancel(job, by)
    await this.#reconciler.reconcile(id)
  }

  async cancelJob(job: Job, by: string): Promise<void> {
    if (hasEnded(job.state))
      throw conflict(
        `Job '${job.plan.name}' is ${job.state}`,
        'Only a job that has not ended can be canceled.',
      )
    await this.#cancel(job, by)
    await this.#reconciler.reconcile(job.pipeline)
  }

  async #cancel(job: Job, by: string): Promise<void> {
    const moved = await this.#plane.stores.pipelines.moveJob(job.id, job.state, 'canceled', {
      now: this.#plane.clock.now(),
      reason: `canceled by ${by}`,
    })
    if (moved) await this.#reconciler.tellJob(job.id)
  }

  /** Sets an ended job going again, with everything behind it. */
  async retry(job: Job): Promise<void> {
    const { pipelines } = this.#plane.stores
    const jobs = await pipelines.jobs(job.pipeline)
    const targets = retryTargets(
      job.plan.name,
      jobs.map(other => jobViewOf(other.plan, other.state)),
    )
    if (targets.length === 0)
      throw conflict(`Job '${job.plan.name}' is ${job.state}`, 'Only a job that has ended can be retried.')
    const now = this.#plane.clock.now()
    const byName = new Map(jobs.map(other => [other.plan.name, other]))
    const pipeline = await pipelines.pipeline(job.pipeline)
    for (const { name, from, to } of targets) await pipelines.moveJob(byName.get(name)!.id, from, to, { now })
    if (pipeline && pipeline.state !== 'running')
      await pipelines.movePipeline(pipeline.id, pipeline.state, 'running', now)
    await this.#reconciler.reconcile(job.pipeline)
  }

  /**
   * Lets a waiting job go on: a deployment that needs approval starts; a gate that could not decide counts as
   * passed, on this person's word. Both stay in the job's reason.
   */
  async approve(job: Job, by: string): Promise<void> {
    if (job.state !== 'waiting')
      throw conflict(`Job '${job.plan.name}' is ${job.state}`, 'Only a waiting job can be approved.')
    const rollout = await this.#plane.stores.rollouts.byJob(job.id)
    if (rollout && rollout.endedAt === undefined)
      throw conflict(
        `Job '${job.plan.name}' waits for evidence: its rollout takes traffic already`,
        'Promote the rollout, or abort it.',
      )
    const to = job.plan.work.kind === 'deploy' ? 'running' : 'succeeded'
    await this.#reconciler.move(job, 'waiting', to, { reason: `approved by ${by}` })
    await this.#reconciler.reconcile(job.pipeline)
  }
}
