import { type Finish, type StageResult, stageResultSchema } from '../../api/index.ts'
import { type AttemptId, boundary, type Digest, type Instant } from '../../core/index.ts'
import { type Attempt, hasEnded, type Job, type JobState } from '../../pipeline/index.ts'
import { RegistryError, type Version } from '../../registry/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { ServerError } from '../errors.ts'
import { SerialByKey } from '../serial.ts'
import { LEASE_MS } from './dispatch.ts'
import type { AttemptLogs } from './logs.ts'
import type { PipelineReconciler } from './reconcile.ts'
import { registerVersion } from './register.ts'
import { storeResult } from './results.ts'

/** A lease with more than this part of its time left is not renewed. */
const FRESH = 0.9
/** A runner that is lost this often in one job: the job is what kills it. */
const MAX_LOST = 3

/** What runners say about their attempts. Everything is fenced: a late word of a lost lease is refused. */
export class AttemptDesk {
  readonly #plane: ControlPlane
  readonly #reconciler: PipelineReconciler
  readonly #logs: AttemptLogs
  readonly #startedAt: Instant
  /** One word about a job at a time: its end, and the end of its lease, never interleave. */
  readonly #serial = new SerialByKey()

  constructor(plane: ControlPlane, reconciler: PipelineReconciler, logs: AttemptLogs) {
    this.#plane = plane
    this.#reconciler = reconciler
    this.#logs = logs
    this.#startedAt = plane.clock.now()
  }

  /** Renews the lease; tells whether to stop. Throws LEASE_LOST. */
  async heartbeat(
    attempt: Attempt,
    beat: { readonly fence: number; readonly started: boolean; readonly sandboxed: boolean },
  ): Promise<{ cancel: boolean }> {
    this.#held(attempt, beat.fence)
    const { pipelines } = this.#plane.stores
    const now = this.#plane.clock.now()
    // The first word comes within moments of the lease: writing that down once more would change nothing.
    const fresh = attempt.leaseUntil - now > LEASE_MS * FRESH
    if (!fresh && !(await pipelines.renew(attempt.id, beat.fence, (now + LEASE_MS) as Instant)))
      throw leaseLost(attempt)
    if (beat.started && attempt.state === 'leased') {
      const start = { now, sandboxed: beat.sandboxed }
      await this.#serial.run(attempt.job, () => pipelines.moveAttempt(attempt.id, 'leased', 'running', start))
      await this.#reconciler.tellJob(attempt.job)
    }
    const job = await pipelines.job(attempt.job)
    return { cancel: job?.state !== 'running' || !(await this.#isLatest(attempt)) }
  }

  appendLog(attempt: Attempt, fence: number, offset: number, bytes: Uint8Array): Promise<number> {
    this.#held(attempt, fence)
    return this.#logs.append(attempt.id, offset, bytes)
  }

  /**
   * Takes an attempt's end. The version is registered, then the attempt ends and its job moves in one step: a
   * crash before leaves both running, and the runner says it again; registering bears repeating.
   */
  finish(told: Attempt, finish: Finish): Promise<void> {
    return this.#serial.run(told.job, async () => {
      // Read again: the body may have been long on its way.
      const attempt = (await this.#plane.stores.pipelines.attempt(told.id)) ?? told
      if (attempt.fence === finish.fence && attempt.state === finish.outcome) return
      this.#held(attempt, finish.fence)
      await this.#finish(attempt, finish)
    })
  }

  async #finish(attempt: Attempt, finish: Finish): Promise<void> {
    const { pipelines } = this.#plane.stores
    const job = await pipelines.job(attempt.job)
    if (!job) throw leaseLost(attempt)
    // A job that was canceled and set going again belongs to the attempt that came after.
    const ours = job.state === 'running' && (await this.#isLatest(attempt))
    const outcome = ours ? await this.#outcome(job, attempt, finish) : undefined
    const now = this.#plane.clock.now()
    const end = {
      now,
      ...(finish.exitCode !== undefined && { exitCode: finish.exitCode }),
      ...(finish.reason !== undefined && { reason: finish.reason }),
      artifacts: finish.artifacts.map(file => ({ ...file, digest: file.digest as Digest })),
      logBytes: await this.#logs.length(attempt.id),
    }
    boundary('attempt-ending')
    if (outcome) {
      const { to, ...change } = outcome
      const move = { id: job.id, to, change: { now, ...change } }
      await pipelines.endAttempt(attempt.id, attempt.state, finish.outcome, end, move)
    } else await pipelines.moveAttempt(attempt.id, attempt.state, finish.outcome, end)
    boundary('attempt-ended')
    if (outcome?.to === 'ready') this.#reconciler.ready.emit()
    await this.#reconciler.reconcile(job.pipeline)
    await this.#reconciler.tellJob(job.id)
  }

  async #outcome(
    job: Job,
    attempt: Attempt,
    finish: Finish,
  ): Promise<{ to: JobState; reason?: string; result?: ReturnType<typeof storeResult> }> {
    const reason = finish.reason !== undefined ? { reason: finish.reason } : {}
    if (finish.outcome === 'canceled') return { to: 'canceled', ...reason }
    if (finish.outcome !== 'succeeded') {
      const tried = (await this.#plane.stores.pipelines.attempts(job.id)).filter(
        ({ state }) => state !== 'lost' && state !== 'canceled',
      ).length
      if (tried <= job.plan.retries)
        return { to: 'ready', reason: `attempt ${attempt.number} ${finish.outcome}; trying again` }
      if (job.plan.work.kind !== 'stage') return { to: finish.outcome, ...reason }
    }
    if (job.plan.work.kind !== 'stage') return { to: 'succeeded' }
    return this.#stageOutcome(job, finish)
  }

  async #stageOutcome(
    job: Job,
    finish: Finish,
  ): Promise<{ to: JobState; reason?: string; result?: ReturnType<typeof storeResult> }> {
    const parsed = stageResultSchema.safeParse(finish.result)
    if (!parsed.success) {
      const to = finish.outcome === 'succeeded' ? 'errored' : finish.outcome
      return { to, reason: finish.reason ?? 'The stage ended without a result' }
    }
    const result: StageResult = parsed.data
    const lines = result.summary.join('; ').slice(0, 1000)
    if (result.verdict === 'failed')
      return { to: 'failed', reason: lines, result: storeResult({ kind: 'stage', result }) }
    if (result.verdict === 'inconclusive')
      return { to: 'waiting', reason: lines, result: storeResult({ kind: 'stage', result }) }
    if (finish.outcome !== 'succeeded')
      return {
        to: finish.outcome,
        reason: finish.reason ?? lines,
        result: storeResult({ kind: 'stage', result }),
      }
    const version = await this.#register(job, result)
    if (typeof version === 'string') return { to: 'failed', reason: version }
    if (version) boundary('version-registered')
    return {
      to: 'succeeded',
      result: storeResult({
        kind: 'stage',
        result,
        ...(version && { version: { id: version.id, number: version.number } }),
      }),
    }
  }

  /** A text: why the registry does not take it, such as a model that belongs to another project. */
  async #register(job: Job, result: StageResult): Promise<Version | string | undefined> {
    if (!result.manifest) return undefined
    try {
      return await registerVersion(this.#plane, job, result)
    } catch (error) {
      if (error instanceof RegistryError) return [error.message, error.hint].filter(Boolean).join('; ')
      throw error
    }
  }

  /** Takes back attempts whose runner fell silent. Called every second. */
  async expire(): Promise<void> {
    const { pipelines } = this.#plane.stores
    const now = this.#plane.clock.now()
    // While this server was away no lease could be renewed: every runner gets one whole lease to come back.
    if (now < this.#startedAt + LEASE_MS) return
    for (const attempt of await pipelines.attemptsIn(['leased', 'running'])) {
      if (attempt.leaseUntil > now) continue
      await this.#serial.run(attempt.job, () => this.#lose(attempt.id))
    }
  }

  /** The job moves first: a crash in between leaves an attempt that is lost again, never a job that nobody has. */
  async #lose(id: AttemptId): Promise<void> {
    const { pipelines } = this.#plane.stores
    const now = this.#plane.clock.now()
    const attempt = await pipelines.attempt(id)
    if (!attempt || hasEnded(attempt.state) || attempt.leaseUntil > now) return
    const reason = `runner ${attempt.runner} fell silent`
    const job = await pipelines.job(attempt.job)
    const ours = job?.state === 'running' && (await this.#isLatest(attempt))
    const times = 1 + (await pipelines.attempts(attempt.job)).filter(({ state }) => state === 'lost').length
    const change = { now, reason, logBytes: await this.#logs.length(attempt.id) }
    if (ours && times < MAX_LOST) {
      await pipelines.moveJob(job.id, 'running', 'ready', { now, reason: `${reason}; trying again` })
    } else if (ours) {
      await this.#reconciler.move(job, 'running', 'errored', {
        reason: `${reason}, for the ${MAX_LOST}rd time`,
      })
    }
    await pipelines.moveAttempt(attempt.id, attempt.state, 'lost', change)
    await this.#reconciler.tellJob(attempt.job)
    if (ours) this.#reconciler.ready.emit()
  }

  async #isLatest(attempt: Attempt): Promise<boolean> {
    return (await this.#plane.stores.pipelines.attempts(attempt.job)).at(-1)?.id === attempt.id
  }

  async byToken(hash: string): Promise<Attempt | undefined> {
    return this.#plane.stores.pipelines.attemptByToken(hash)
  }

  async byId(id: AttemptId): Promise<Attempt | undefined> {
    return this.#plane.stores.pipelines.attempt(id)
  }

  #held(attempt: Attempt, fence: number): void {
    if (attempt.fence !== fence || hasEnded(attempt.state)) throw leaseLost(attempt)
  }
}

function leaseLost(attempt: Attempt): ServerError {
  return new ServerError('LEASE_LOST', {
    message: `Attempt ${attempt.id} is ${attempt.state} and no longer yours`,
    hint: 'Stop its process and drop it; the job was given to somebody else or has ended.',
  })
}
