import type { EnvironmentRequest } from '../../config/index.ts'
import type { Instant, RolloutId } from '../../core/index.ts'
import type { Job, Pipeline } from '../../pipeline/index.ts'
import { type Analysis, type StoredRollout, shadowOf } from '../../rollout/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import type { PreviewJob, Previews } from '../delivery/previews/previews.ts'
import { storeResult } from '../pipelines/ending/results.ts'
import type { PipelineReconciler } from '../pipelines/reconcile.ts'
import { configOf } from '../pipelines/starting/config.ts'

/** A canary that has seen no request for this long waits for evidence, and says so. */
const QUIET_MS = 10_000

/** Keeps deploy jobs in step with the rollouts that they began. */
export class JobFollower {
  readonly #plane: ControlPlane
  readonly #pipelines: PipelineReconciler
  #previews: Previews | undefined
  readonly #lastEvidence = new Map<RolloutId, { readonly requests: number; readonly at: Instant }>()

  constructor(plane: ControlPlane, pipelines: PipelineReconciler) {
    this.#plane = plane
    this.#pipelines = pipelines
  }

  previewWith(previews: Previews): void {
    this.#previews = previews
  }

  /**
   * The deploy job goes with its rollout: to its end, or to waiting while something keeps it, or there is no traffic
   * to judge by.
   */
  async follow(rollout: StoredRollout, analysis: Analysis | undefined, kept?: string): Promise<void> {
    if (rollout.endedAt !== undefined) return this.followEnd(rollout)
    const job = await this.#jobOf(rollout)
    if (!job) return
    if (kept !== undefined) {
      if (job.state === 'running') await this.#pipelines.move(job, 'running', 'waiting', { reason: kept })
    } else if (rollout.phase === 'progressing') await this.#followEvidence(rollout, job, analysis)
    else if (job.state === 'waiting') await this.#pipelines.move(job, 'waiting', 'running')
  }

  async followEnd(rollout: StoredRollout): Promise<void> {
    const job = rollout.endedAt === undefined ? undefined : await this.#jobOf(rollout)
    if (!job) return
    const reason = (await this.#previewed(rollout, job)) ?? rollout.reason
    const lines = reason === undefined ? [] : [reason]
    await this.#pipelines.move(job, job.state, endOf(rollout), {
      ...(reason !== undefined && { reason }),
      result: storeResult({ kind: 'deploy', rollout: rollout.id, lines }),
    })
  }

  /** Where a preview serves, for whoever pushed it. */
  async #previewed(rollout: StoredRollout, job: Job): Promise<string | undefined> {
    const pipeline = await this.#plane.stores.pipelines.pipeline(job.pipeline)
    const preview = pipeline && previewJobOf(pipeline, job)
    return preview && this.#previews?.ended(rollout, preview)
  }

  /** The job that follows this rollout, while it has not ended. */
  async #jobOf({ job: id }: StoredRollout): Promise<Job | undefined> {
    const job = id && (await this.#plane.stores.pipelines.job(id))
    return job && (job.state === 'running' || job.state === 'waiting') ? job : undefined
  }

  async #followEvidence(rollout: StoredRollout, job: Job, analysis: Analysis | undefined): Promise<void> {
    const requests = (analysis?.canaryRequests ?? 0) + (analysis?.baselineRequests ?? 0)
    const last = this.#lastEvidence.get(rollout.id)
    const now = this.#plane.clock.now()
    if (!last || last.requests !== requests) this.#lastEvidence.set(rollout.id, { requests, at: now })
    const quiet =
      analysis?.verdict !== 'passed' &&
      last !== undefined &&
      last.requests === requests &&
      now - last.at >= QUIET_MS
    if (quiet && job.state === 'running') {
      const missing = analysis?.requestsMissing
      const where = shadowOf(rollout) === undefined ? 'in each arm' : 'to both versions'
      const reason = `waits for evidence: ${missing === undefined ? 'no requests come' : `about ${missing} more requests ${where} are needed`}, and none came for ${QUIET_MS / 1000} s`
      await this.#pipelines.move(job, 'running', 'waiting', { reason })
    } else if (!quiet && job.state === 'waiting') await this.#pipelines.move(job, 'waiting', 'running')
  }

  /** The rollout has ended. */
  forget(id: RolloutId): void {
    this.#lastEvidence.delete(id)
  }
}

/** What the file of a pipeline asks of an environment. */
export function requestOf(pipeline: Pipeline, environment: string): EnvironmentRequest {
  return configOf(pipeline)!.repository.environments.find(({ name }) => name === environment)!
}

/** Undefined where the job deploys elsewhere than to a preview. */
export function previewJobOf(pipeline: Pipeline, job: Job): PreviewJob | undefined {
  const { work } = job.plan
  if (work.kind !== 'deploy') return undefined
  const { environment } = work
  const { expiresMs } = requestOf(pipeline, environment)
  const model = configOf(pipeline)!.repository.model.name
  return expiresMs === undefined ? undefined : { pipeline, job, model, environment, expiresMs }
}

function endOf({ phase, supersededBy }: StoredRollout): 'succeeded' | 'failed' | 'canceled' {
  if (phase === 'promoted') return 'succeeded'
  return supersededBy === undefined ? 'failed' : 'canceled'
}
