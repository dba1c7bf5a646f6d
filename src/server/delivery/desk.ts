import { BallastError, type JobId, messageOf } from '../../core/index.ts'
import { type Attempt, type HeldJob, hasEnded, type Job } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import type { JobEnd } from '../pipelines/ending/stage-outcome.ts'
import type { PipelineReconciler } from '../pipelines/reconcile.ts'
import type { PushAcceptance } from '../pushes/acceptance.ts'
import { SerialByKey } from '../serial.ts'
import { recordEnvironment } from './environments/record.ts'
import { type Published, publishRelease } from './releases/publish.ts'
import type { EndedAttempt } from './texts.ts'

/** A release that could not be made for so long fails its job. */
const MAX_HELD_MS = 10 * 60_000

/** What the end of a script brings about: its environment, and its release. */
export class DeliveryDesk {
  readonly #plane: ControlPlane
  readonly #reconciler: Pick<PipelineReconciler, 'move'>
  readonly #pushes: Pick<PushAcceptance, 'move'>
  readonly #serial = new SerialByKey()

  constructor(
    plane: ControlPlane,
    reconciler: Pick<PipelineReconciler, 'move'>,
    pushes: Pick<PushAcceptance, 'move'>,
  ) {
    this.#plane = plane
    this.#reconciler = reconciler
    this.#pushes = pushes
  }

  /**
   * Before the end of an attempt is written; bears repeating, as the runner says it again after a crash. True where
   * the job is held: its attempt ends, and the job goes on running until `deliver` ends it.
   */
  async ending(job: Job, attempt: EndedAttempt, { to, result }: JobEnd): Promise<boolean> {
    const { environment, release } = job.plan
    if ((!environment && !release) || (to !== 'succeeded' && to !== 'failed')) return false
    const { stores, clock } = this.#plane
    const pipeline = await stores.pipelines.pipeline(job.pipeline)
    const project = pipeline && (await stores.access.project(pipeline.project))
    if (!project) return false
    await recordEnvironment(this.#plane, { pipeline, job, project, attempt, state: to })
    if (!release || to !== 'succeeded') return false
    await stores.delivery.holdJob({
      job: job.id,
      attempt: attempt.id,
      ...(result !== undefined && { result }),
      createdAt: clock.now(),
    })
    return true
  }

  /** Makes what a held job waits for, and ends it. Nothing where it is not held; what fails is tried again. */
  async deliver(id: JobId): Promise<void> {
    await this.#serial
      .run(id, async () => {
        const held = await this.#plane.stores.delivery.heldJob(id)
        if (held) await this.#deliver(held)
      })
      .catch((error: unknown) =>
        this.#plane.logger.error({ job: id, error: messageOf(error) }, 'a release could not be made'),
      )
  }

  /** Held jobs that a crash or a failure left. Called every second. */
  async tick(): Promise<void> {
    for (const { job } of await this.#plane.stores.delivery.heldJobs()) await this.deliver(job)
  }

  async #deliver(held: HeldJob): Promise<void> {
    const { pipelines, delivery } = this.#plane.stores
    const attempt = await pipelines.attempt(held.attempt)
    const job = await pipelines.job(held.job)
    // A crash came before its end was written: the runner says it again, or is given up.
    if (attempt && !hasEnded(attempt.state)) return
    const last = (await pipelines.attempts(held.job)).at(-1)
    if (job?.state === 'running' && attempt?.state === 'succeeded' && last?.id === attempt.id) {
      const made = await this.#publish(job, attempt, held)
      if (made.kind === 'later') return
      const to = made.kind === 'published' ? 'succeeded' : 'failed'
      await this.#reconciler.move(job, 'running', to, {
        reason: made.kind === 'published' ? made.note : made.reason,
        ...(held.result !== undefined && { result: held.result }),
      })
    }
    await this.#forget(held)
    await delivery.letJobGo(held.job, held.attempt)
  }

  /** A release that was begun for a job that was canceled meanwhile. */
  async #forget({ job: id }: HeldJob): Promise<void> {
    const { delivery } = this.#plane.stores
    for (const begun of await delivery.pendingReleases(id)) await delivery.dropRelease(begun.id)
  }

  async #publish(job: Job, attempt: Attempt, { createdAt }: HeldJob): Promise<Published> {
    const { stores, clock } = this.#plane
    const pipeline = await stores.pipelines.pipeline(job.pipeline)
    const project = pipeline && (await stores.access.project(pipeline.project))
    const request = job.plan.release
    if (!project || !request) return { kind: 'refused', reason: 'It was not released: its project is gone' }
    const isLate = clock.now() - createdAt > MAX_HELD_MS
    try {
      const made = await publishRelease(this.#plane, this.#pushes, {
        pipeline,
        job,
        project,
        attempt,
        request,
      })
      if (made.kind !== 'later' || !isLate) return made
      return { kind: 'refused', reason: 'It was not released: another job was at it all the time' }
    } catch (error) {
      if (!isLate && !(error instanceof BallastError && error.code === 'SECRET_MISSING')) throw error
      return { kind: 'refused', reason: `It was not released: ${messageOf(error).slice(0, 300)}` }
    }
  }
}
