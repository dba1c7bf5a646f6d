import type { Instant, RolloutId } from '../../core/index.ts'
import type { Job } from '../../pipeline/index.ts'
import type { Analysis, StoredRollout } from '../../rollout/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { storeResult } from '../pipelines/ending/results.ts'
import type { PipelineReconciler } from '../pipelines/reconcile.ts'

/** A canary that has seen no request for this long waits for evidence, and says so. */
const QUIET_MS = 10_000

/** Keeps deploy jobs in step with the rollouts that they began. */
export class JobFollower {
  readonly #plane: ControlPlane
  readonly #pipelines: PipelineReconciler
  readonly #lastEvidence = new Map<RolloutId, { readonly requests: number; readonly at: Instant }>()

  constructor(plane: ControlPlane, pipelines: PipelineReconciler) {
    this.#plane = plane
    this.#pipelines = pipelines
  }

  /** The deploy job goes with its rollout: to its end, or to waiting while there is no traffic to judge by. */
  async follow(rollout: StoredRollout, analysis: Analysis | undefined): Promise<void> {
    if (rollout.endedAt !== undefined) return this.followEnd(rollout)
    if (rollout.phase !== 'progressing') return
    const job = await this.#jobOf(rollout)
    if (job) await this.#followEvidence(rollout, job, analysis)
  }

  async followEnd(rollout: StoredRollout): Promise<void> {
    const job = rollout.endedAt === undefined ? undefined : await this.#jobOf(rollout)
    if (!job) return
    const lines = rollout.reason === undefined ? [] : [rollout.reason]
    await this.#pipelines.move(job, job.state, rollout.phase === 'promoted' ? 'succeeded' : 'failed', {
      ...(rollout.reason !== undefined && { reason: rollout.reason }),
      result: storeResult({ kind: 'deploy', rollout: rollout.id, lines }),
    })
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
      const reason = `waits for evidence: ${missing === undefined ? 'no requests come' : `about ${missing} more requests in each arm are needed`}, and none came for ${QUIET_MS / 1000} s`
      await this.#pipelines.move(job, 'running', 'waiting', { reason })
    } else if (!quiet && job.state === 'waiting') await this.#pipelines.move(job, 'waiting', 'running')
  }

  /** The rollout has ended. */
  forget(id: RolloutId): void {
    this.#lastEvidence.delete(id)
  }
}
