import { createHash } from 'node:crypto'
import type { Project } from '../../access/index.ts'
import type { LeaseRequest, Offer } from '../../api/index.ts'
import { boundary, type Instant, type JobId, messageOf, newId, randomText } from '../../core/index.ts'
import { type Job, type Pipeline, withJobInputs } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { SerialByKey } from '../serial.ts'
import { HeldJobs } from './dispatching/held.ts'
import { type Free, fits, isFor, take, whyUnmatched } from './dispatching/matching.ts'
import { Runners } from './dispatching/runners.ts'
import { Shares } from './dispatching/shares.ts'
import { offeredWork } from './offers.ts'
import type { PipelineReconciler } from './reconcile.ts'
import { endAsEarlier, reusable, reuseKeyOf } from './reuse.ts'
import { jobToken } from './secrets/job-token.ts'

/** A runner renews every third of it; a runner that was killed and comes back within it goes on. */
export const LEASE_MS = 20_000
/** Less than what proxies allow a silent request. */
const LONGEST_WAIT_MS = 25_000
/** A job that no runner takes says so after this: they may be about to start, as the server is. */
const UNMATCHED_MS = 10_000
/** As many of the oldest are looked at: those behind wait for the same. */
const MAX_EXPLAINED = 200

/** Gives ready jobs to runners the moment they are ready: runners wait here, they don't poll. */
export class Dispatcher {
  readonly #plane: ControlPlane
  readonly #reconciler: PipelineReconciler
  readonly #serial = new SerialByKey()
  readonly #runners: Runners
  readonly #shares = new Shares()
  readonly #held: HeldJobs
  /** Since when ready jobs were seen that no runner takes. */
  readonly #unmatched = new Map<JobId, Instant>()
  readonly #longestWait: number
  #news = 0

  constructor(plane: ControlPlane, reconciler: PipelineReconciler, longestWait: number = LONGEST_WAIT_MS) {
    this.#longestWait = longestWait
    this.#plane = plane
    this.#reconciler = reconciler
    this.#runners = new Runners(plane.clock)
    this.#held = new HeldJobs(plane)
    reconciler.ready.on(() => this.#news++)
  }

  /** Offers, at most `capacity`; none after the longest wait, or when the runner goes away. */
  async lease(request: LeaseRequest, gone: AbortSignal): Promise<readonly Offer[]> {
    const until = Date.now() + this.#longestWait
    this.#runners.arrived(request)
    try {
      while (!gone.aborted) {
        const seen = this.#news
        const offers = await this.#serial.run('lease', () => this.#take(request, gone))
        if (offers.length > 0 || Date.now() >= until) return offers
        if (seen === this.#news) await this.#waitForNews(until - Date.now(), gone)
      }
      return []
    } finally {
      this.#runners.left(request)
    }
  }

  /** Resolves on news, at the latest after `wait` milliseconds, or when the runner has gone. */
  #waitForNews(wait: number, gone: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const done = () => {
        clearTimeout(timer)
        off()
        gone.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, Math.max(0, wait))
      const off = this.#reconciler.ready.on(done)
      gone.addEventListener('abort', done)
    })
  }

  /** Ready jobs, each project in its turn, past those that this runner can't take. */
  async #take(request: LeaseRequest, gone: AbortSignal): Promise<readonly Offer[]> {
    const offers: Offer[] = []
    const free: Free | undefined = request.free && { ...request.free }
    const mayTake = (job: Job) => isOffered(job) && isFor(request, job.plan) && fits(free, job.plan)
    const { pipelines } = this.#plane.stores
    for await (const { job, took } of this.#shares.jobs(pipelines, mayTake, request.capacity)) {
      if (gone.aborted) break
      const offer = await this.#inTurn(job, request)
      if (!offer) continue
      took()
      take(free, job.plan)
      offers.push(offer)
      if (offers.length >= request.capacity) break
    }
    return offers
  }

  /** Of the jobs of a resource group, one runs at a time. */
  async #inTurn(job: Job, request: LeaseRequest): Promise<Offer | undefined> {
    const { pipelines, access } = this.#plane.stores
    const pipeline = await pipelines.pipeline(job.pipeline)
    const project = pipeline && (await access.project(pipeline.project))
    if (!project) {
      // Left as it is, it would stand first in line for ever.
      await this.#reconciler.move(job, 'ready', 'errored', { reason: 'Its project was deleted' })
      return undefined
    }
    if (await this.#held.holds(project.id, job)) return undefined
    const claim = () => this.#claim(job, pipeline, project, request)
    const group = job.plan.resourceGroup
    if (!group) return claim()
    return this.#reconciler.turns.take(project.id, group.name, async next =>
      next === job.id ? claim() : undefined,
    )
  }

  async #claim(
    stored: Job,
    pipeline: Pipeline,
    project: Project,
    request: LeaseRequest,
  ): Promise<Offer | undefined> {
    const { pipelines } = this.#plane.stores
    const job = { ...stored, plan: withJobInputs(stored.plan, stored.inputs) }
    try {
      const token = `blsta_${randomText(32)}`
      const labels = request.labels ?? []
      const attempt = newId('attempt')
      const by = { runner: request.runner, labels, token: await jobToken(this.#plane, attempt) }
      const work = await offeredWork(this.#plane, pipeline, job, project, by)
      const number = (await pipelines.attempts(job.id)).length + 1
      const reuseKey = await reuseKeyOf(this.#plane, pipeline, job, work, request)
      // Somebody who sets a job going again wants it to run.
      if (reuseKey !== undefined && number === 1 && (await this.#reuse(job, reuseKey))) return undefined
      const fence = await pipelines.nextFence()
      const now = this.#plane.clock.now()
      const claimed = await pipelines.claim(job.id, {
        id: attempt,
        job: job.id,
        number,
        state: 'leased',
        runner: request.runner,
        fence,
        leaseUntil: (now + LEASE_MS) as Instant,
        tokenHash: hashAttemptToken(token),
        artifacts: [],
        ...(labels.length > 0 && { runnerLabels: labels }),
        ...(reuseKey !== undefined && { reuseKey }),
        sandboxed: request.sandbox !== 'none',
        logBytes: 0,
        createdAt: now,
      })
      if (!claimed) return undefined
      boundary('job-claimed')
      this.#unmatched.delete(job.id)
      this.#reconciler.tell(pipeline)
      return { ...work, attempt, number, fence, leaseMs: LEASE_MS, token }
    } catch (error) {
      this.#plane.logger.error({ job: job.id, error: messageOf(error) }, 'a job could not be offered')
      await this.#reconciler.move(job, 'ready', 'errored', {
        reason: `It could not be prepared: ${messageOf(error)}`,
      })
      return undefined
    }
  }

  /** Ends a job as an earlier one with the same key ended, where there is one. */
  async #reuse(job: Job, key: string): Promise<boolean> {
    const earlier = await reusable(this.#plane, key)
    if (!earlier || !(await endAsEarlier(this.#plane, job, earlier, LEASE_MS))) return false
    await this.#reconciler.reconcile(job.pipeline)
    await this.#reconciler.tellJob(job.id)
    return true
  }

  /** Ready jobs that a calendar holds, or that no runner takes which is there, say what they wait for. Called every second. */
  async explain(): Promise<void> {
    const { stores, clock } = this.#plane
    const runners = this.#runners.all
    const now = clock.now()
    const unmatched = new Set<JobId>()
    const ready = await stores.pipelines.jobsIn('ready', MAX_EXPLAINED)
    for (const job of ready) {
      const held = this.#held.reasonOf(job.id)
      if (held !== undefined) await this.#explain(job, held)
      if (held !== undefined || !isOffered(job) || runners.some(runner => isFor(runner, job.plan))) continue
      unmatched.add(job.id)
      const since = this.#unmatched.get(job.id)
      if (since === undefined) this.#unmatched.set(job.id, now)
      const reason = whyUnmatched(job.plan)
      if (since !== undefined && now - since >= UNMATCHED_MS) await this.#explain(job, reason)
    }
    for (const id of this.#unmatched.keys()) if (!unmatched.has(id)) this.#unmatched.delete(id)
    const stillReady = new Set(ready.map(({ id }) => id))
    if (await this.#held.reopened(id => stillReady.has(id))) this.#reconciler.ready.emit()
  }

  async #explain(job: Job, reason: string): Promise<void> {
    if (job.reason === reason) return
    const { pipelines } = this.#plane.stores
    if (await pipelines.explainJob(job.id, 'ready', reason)) await this.#reconciler.tellJob(job.id)
  }
}

/** Work of a runner; what the control plane does itself waits for its turn only. */
function isOffered({ plan: { work } }: Job): boolean {
  return work.kind === 'script' || work.kind === 'stage'
}

export function hashAttemptToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
