import type { Finish } from '../../api/index.ts'
import { type AttemptId, boundary, type Digest, type Instant, type JobId } from '../../core/index.ts'
import {
  type Attempt,
  type AttemptChange,
  type AttemptEnd,
  hasEnded,
  type Job,
  outcomeOf,
} from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { ServerError } from '../errors.ts'
import { SerialByKey } from '../serial.ts'
import { LEASE_MS } from './dispatch.ts'
import { coverageOf } from './ending/coverage.ts'
import { scriptResult, storeResult } from './ending/results.ts'
import { type JobEnd, stageOutcome } from './ending/stage-outcome.ts'
import type { AttemptLogs } from './logs/logs.ts'
import type { PipelineReconciler } from './reconcile.ts'

/** A lease with more than this part of its time left is not renewed. */
const FRESH = 0.9
/** A runner that is lost this often in one job: the job is what kills it. */
const MAX_LOST = 3

/** What the end of a script brings about beside the end of its job. */
export interface Deliverer {
  /** Before the end is written; bears repeating. True: the attempt ends, and the job once `deliver` ends it. */
  ending(
    job: Job,
    attempt: Pick<Attempt, 'id' | 'runner' | 'runnerLabels' | 'artifacts' | 'reports'>,
    end: JobEnd,
  ): Promise<boolean>
  /** After it; what fails is tried again by the deliverer itself. */
  deliver(job: JobId): Promise<void>
}

/** What runners say about their attempts. Everything is fenced: a late word of a lost lease is refused. */
export class AttemptDesk {
  readonly #plane: ControlPlane
  readonly #reconciler: PipelineReconciler
  readonly #logs: AttemptLogs
  readonly #startedAt: Instant
  /** One word about a job at a time: its end, and the end of its lease, never interleave. */
  readonly #serial = new SerialByKey()
  #deliverer: Deliverer | undefined

  constructor(plane: ControlPlane, reconciler: PipelineReconciler, logs: AttemptLogs) {
    this.#plane = plane
    this.#reconciler = reconciler
    this.#logs = logs
    this.#startedAt = plane.clock.now()
  }

  deliverWith(deliverer: Deliverer): void {
    this.#deliverer = deliverer
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
      ...endingOf(job, finish, now),
      logBytes: await this.#logs.length(attempt.id),
    }
    const held = outcome ? await this.#deliverer?.ending(job, { ...attempt, ...end }, outcome) : false
    boundary('attempt-ending')
    if (outcome && !held) {
      const { to, ...change } = outcome
      const move = { id: job.id, to, change: { now, ...change } }
      await pipelines.endAttempt(attempt.id, attempt.state, finish.outcome, end, move)
    } else await pipelines.moveAttempt(attempt.id, attempt.state, finish.outcome, end)
    boundary('attempt-ended')
    if (held) await this.#deliverer?.deliver(job.id)
    if (outcome?.to === 'ready') this.#reconciler.ready.emit()
    await this.#reconciler.reconcile(job.pipeline, job.id)
    await this.#reconciler.tellJob(job.id)
  }

  async #outcome(job: Job, attempt: Attempt, finish: Finish): Promise<JobEnd> {
    const { plan } = job
    const reason = finish.reason !== undefined ? { reason: finish.reason } : {}
    const { to, forgiven } = outcomeOf(plan, endOf(finish), await this.#tries(job))
    if (to === 'ready') return { to, reason: `attempt ${attempt.number} ${finish.outcome}; trying again` }
    if (to === 'canceled') return { to, ...reason }
    if (plan.work.kind === 'stage') return stageOutcome(this.#plane, job, finish)
    const coverage =
      plan.coverage === undefined ? undefined : await coverageOf(this.#logs, attempt.id, plan.coverage)
    const result = scriptResult(finish, coverage)
    return {
      to,
      ...(to !== 'succeeded' && reason),
      ...(forgiven && { forgiven }),
      ...(result && { result: storeResult(result) }),
    }
  }

  /** Attempts that came to an end of their own, with the one that ends now. */
  async #tries(job: Job): Promise<number> {
    const attempts = await this.#plane.stores.pipelines.attempts(job.id)
    return attempts.filter(({ state }) => state !== 'lost' && state !== 'canceled').length
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

function endOf({ outcome, exitCode, cause }: Finish): AttemptEnd {
  return { outcome, ...(exitCode !== undefined && { exitCode }), ...(cause !== undefined && { cause }) }
}

/** What of an attempt's end goes to the journal. */
function endingOf({ plan }: Job, finish: Finish, now: Instant): AttemptChange {
  const { exitCode, reason, cause, artifacts, reports } = finish
  const expireIn = plan.artifactRules?.expireIn
  const kept = new Set(artifacts.map(({ path }) => path))
  return {
    now,
    ...(exitCode !== undefined && { exitCode }),
    ...(reason !== undefined && { reason }),
    ...(cause !== undefined && { cause }),
    artifacts: artifacts.map(({ reportOnly, folder, ...file }) => ({
      ...file,
      digest: file.digest as Digest,
      ...(reportOnly && { reportOnly }),
      ...(folder && { folder }),
    })),
    ...(reports && { reports: reports.filter(({ path }) => kept.has(path)) }),
    ...(expireIn !== undefined && artifacts.length > 0 && { keepUntil: (now + expireIn) as Instant }),
  }
}

function leaseLost(attempt: Attempt): ServerError {
  return new ServerError('LEASE_LOST', {
    message: `Attempt ${attempt.id} is ${attempt.state} and no longer yours`,
    hint: 'Stop its process and drop it; the job was given to somebody else or has ended.',
  })
}
