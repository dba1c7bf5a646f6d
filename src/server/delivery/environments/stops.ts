import type { Project } from '../../../access/index.ts'
import { messageOf } from '../../../core/index.ts'
import { NO_COMMIT } from '../../../git/index.ts'
import { type Environment, hasEnded, type Job, type Push } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import type { PipelineReconciler } from '../../pipelines/reconcile.ts'
import type { PushedPipelines } from '../../pipelines/starting/create.ts'
import { SerialByKey } from '../../serial.ts'
import { runAlone } from './run-alone.ts'

const BRANCH = 'refs/heads/'

/**
 * Takes environments down: when somebody asks, when their branch goes, when their time has come. Where there is a
 * stop job, it is set going and the environment is stopped once it has succeeded; without one it is stopped at once.
 * Every step is a compare-and-set in the journal, and asked again every second: a crash leaves nothing half done.
 */
export class EnvironmentStops {
  readonly #plane: ControlPlane
  readonly #reconciler: Pick<PipelineReconciler, 'tell' | 'reconcile' | 'ready'>
  readonly #serial = new SerialByKey()

  constructor(plane: ControlPlane, reconciler: Pick<PipelineReconciler, 'tell' | 'reconcile' | 'ready'>) {
    this.#plane = plane
    this.#reconciler = reconciler
  }

  /** Called every second. */
  async tick(): Promise<void> {
    const { stores, clock } = this.#plane
    for (const environment of await stores.delivery.environmentsDue(clock.now()))
      await this.#guarded(environment, () => this.stop(environment, 'its auto_stop_in was over'))
    for (const environment of await stores.delivery.environmentsStopping())
      await this.#guarded(environment, () => this.#follow(environment))
  }

  /** After a push that deletes branches: what was deployed from them last, and has a job that takes it down. */
  async follow({ changes }: Push, project: Project): Promise<PushedPipelines> {
    const notes: string[] = []
    for (const { ref, after } of changes) {
      if (after !== NO_COMMIT || !ref.startsWith(BRANCH)) continue
      for (const environment of await this.#plane.stores.delivery.environmentsOfRef(project.id, ref)) {
        if (environment.stopJob === undefined) continue
        await this.stop(environment, `branch ${ref.slice(BRANCH.length)} was deleted`)
        notes.push(`environment ${environment.name} is being stopped`)
      }
    }
    return { pipelines: [], notes }
  }

  /**
   * Stops it as it is now; nothing where it does not run. `approved`: whoever asks may approve its stop job, if that
   * needs an approval.
   */
  async stop({ id }: Pick<Environment, 'id'>, why: string, approved = false): Promise<void> {
    await this.#serial.run(id, async () => {
      const environment = await this.#plane.stores.delivery.environment(id)
      if (!environment || environment.state === 'stopped') return
      const job = await this.#stopJob(environment)
      if (!job) return this.#end(environment, 'stopped', why)
      if (environment.state === 'stopping' && !approved) return
      const { autoStopAt: _, ...rest } = environment
      const stopping = await this.#save({ ...rest, state: 'stopping', stopAsked: false, reason: why })
      if (stopping) await this.#ask(stopping, job, approved)
    })
  }

  async #follow({ id }: Environment): Promise<void> {
    await this.#serial.run(id, async () => {
      const environment = await this.#plane.stores.delivery.environment(id)
      if (environment?.state !== 'stopping') return
      const job = await this.#stopJob(environment)
      if (!job) return this.#end(environment, 'stopped', environment.reason ?? 'it has no stop job')
      if (!environment.stopAsked) return this.#ask(environment, job, false)
      if (!hasEnded(job.state)) return
      if (job.state === 'succeeded')
        return this.#end(environment, 'stopped', `stopped by job '${job.plan.name}'`)
      return this.#end(environment, 'available', `it could not be stopped: '${job.plan.name}' ${job.state}`)
    })
  }

  /** One that a rule or a policy keeps from running is not run by the back door. */
  async #ask(environment: Environment, job: Job, approved: boolean): Promise<void> {
    const { skip, name } = job.plan
    if (skip !== undefined)
      return this.#end(environment, 'available', `it could not be stopped: '${name}' is skipped, ${skip}`)
    const reason = `stops ${environment.name}: ${environment.reason ?? 'asked for'}`
    const isGoing = job.state === 'ready' || job.state === 'running'
    if (isGoing || (await runAlone(this.#plane, this.#reconciler, job, reason, approved)))
      await this.#save({ ...environment, stopAsked: true })
  }

  async #end(environment: Environment, state: 'available' | 'stopped', reason: string): Promise<void> {
    const { autoStopAt: _, ...rest } = environment
    await this.#save({ ...rest, state, stopAsked: false, reason })
  }

  /** Undefined where somebody else has changed it: what is to be done is looked at again. */
  async #save(environment: Environment): Promise<Environment | undefined> {
    const { stores, clock } = this.#plane
    const from = environment.revision
    const next = { ...environment, revision: from + 1, updatedAt: clock.now() }
    return (await stores.delivery.saveEnvironment(next, from)) === 'saved' ? next : undefined
  }

  async #stopJob({ stopJob }: Environment): Promise<Job | undefined> {
    return stopJob && this.#plane.stores.pipelines.job(stopJob)
  }

  /** One that can't be looked at keeps none of the others waiting. */
  async #guarded({ id }: Environment, work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) =>
      this.#plane.logger.error(
        { environment: id, error: messageOf(error) },
        'an environment could not be stopped',
      ),
    )
  }
}
