import { createHash } from 'node:crypto'
import type { LeaseRequest, Offer } from '../../api/index.ts'
import { boundary, type Instant, messageOf, newId, randomText } from '../../core/index.ts'
import type { Job } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { SerialByKey } from '../serial.ts'
import type { SecretVariable } from './given.ts'
import { jobSecrets } from './job-secrets.ts'
import { offeredWork } from './offers.ts'
import type { PipelineReconciler } from './reconcile.ts'

/** A runner renews every third of it; a runner that was killed and comes back within it goes on. */
export const LEASE_MS = 20_000
/** Less than what proxies allow a silent request. */
const LONGEST_WAIT_MS = 25_000

/** Gives ready jobs to runners the moment they are ready: runners wait here, they don't poll. */
export class Dispatcher {
  readonly #plane: ControlPlane
  readonly #reconciler: PipelineReconciler
  readonly #serial = new SerialByKey()
  #news = 0

  constructor(plane: ControlPlane, reconciler: PipelineReconciler) {
    this.#plane = plane
    this.#reconciler = reconciler
    reconciler.ready.on(() => this.#news++)
  }

  /** Offers, at most `capacity`; none after the longest wait, or when the runner goes away. */
  async lease(request: LeaseRequest, gone: AbortSignal): Promise<readonly Offer[]> {
    const until = Date.now() + LONGEST_WAIT_MS
    while (!gone.aborted) {
      const seen = this.#news
      const offers = await this.#serial.run('lease', () => this.#take(request, gone))
      if (offers.length > 0 || Date.now() >= until) return offers
      if (seen === this.#news) await this.#waitForNews(until - Date.now(), gone)
    }
    return []
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

  async #take(request: LeaseRequest, gone: AbortSignal): Promise<readonly Offer[]> {
    const offers: Offer[] = []
    for (const job of await this.#plane.stores.pipelines.jobsIn('ready', request.capacity)) {
      if (gone.aborted) break
      const offer = await this.#claim(job, request)
      if (offer) offers.push(offer)
    }
    return offers
  }

  async #claim(job: Job, request: LeaseRequest): Promise<Offer | undefined> {
    const { pipelines, access } = this.#plane.stores
    const pipeline = await pipelines.pipeline(job.pipeline)
    const project = pipeline && (await access.project(pipeline.project))
    if (!project) {
      // Left as it is, it would stand first in line for ever.
      await this.#reconciler.move(job, 'ready', 'errored', { reason: 'Its project was deleted' })
      return undefined
    }
    try {
      const work = await offeredWork(this.#plane, pipeline, job, project)
      const secrets = await jobSecrets(this.#plane, pipeline, job, project)
      const token = `blsta_${randomText(32)}`
      const attempt = newId('attempt')
      const number = (await pipelines.attempts(job.id)).length + 1
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
        sandboxed: request.sandbox !== 'none',
        logBytes: 0,
        createdAt: now,
      })
      if (!claimed) return undefined
      boundary('job-claimed')
      this.#reconciler.tell(pipeline)
      return {
        ...work,
        // The project's word before the pushed file's: a job that asks for a name gets what an admin put there.
        env: { ...work.env, ...valuesOf(secrets.filter(({ file }) => !file)) },
        files: { ...work.files, ...valuesOf(secrets.filter(({ file }) => file)) },
        secrets: secrets.filter(({ masked }) => masked).map(({ value }) => value),
        attempt,
        number,
        fence,
        leaseMs: LEASE_MS,
        token,
      }
    } catch (error) {
      this.#plane.logger.error({ job: job.id, error: messageOf(error) }, 'a job could not be offered')
      await this.#reconciler.move(job, 'ready', 'errored', {
        reason: `It could not be prepared: ${messageOf(error)}`,
      })
      return undefined
    }
  }
}

function valuesOf(secrets: readonly SecretVariable[]): Record<string, string> {
  return Object.fromEntries(secrets.map(({ name, value }) => [name, value]))
}

export function hashAttemptToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
