import type { Project } from '../../../access/index.ts'
import { type CommitId, type EnvironmentId, messageOf } from '../../../core/index.ts'
import { isAncestor, NO_COMMIT, readRefs } from '../../../git/index.ts'
import { type Environment, hasEnded, type Job, type Push } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import type { PipelineReconciler } from '../../pipelines/reconcile.ts'
import type { PushedPipelines } from '../../pipelines/starting/create.ts'
import { repositoryDirectory } from '../../repositories.ts'
import { SerialByKey } from '../../serial.ts'
import { runAlone } from './run-alone.ts'

const BRANCH = 'refs/heads/'

/** What serves models, as far as their previews are taken down. */
export interface ServedModels {
  /** Ends what is on its way there and takes down what serves; resolves once no gateway routes to it. */
  remove(model: string, environment: string, why: string): Promise<void>
}

/**
 * Takes environments down: when somebody asks, when their branch goes, when their time has come. Where there is a
 * stop job, it is set going and the environment is stopped once it has succeeded; without one it is stopped at once.
 * A preview is stopped once its model no longer serves there.
 * Every step is a compare-and-set in the journal, and asked again every second: a crash leaves nothing half done.
 */
export class EnvironmentStops {
  readonly #plane: ControlPlane
  readonly #reconciler: Pick<PipelineReconciler, 'tell' | 'reconcile' | 'ready'>
  readonly #models: ServedModels
  readonly #serial = new SerialByKey()

  constructor(
    plane: ControlPlane,
    reconciler: Pick<PipelineReconciler, 'tell' | 'reconcile' | 'ready'>,
    models: ServedModels,
  ) {
    this.#plane = plane
    this.#reconciler = reconciler
    this.#models = models
  }

  /** Runs work of one environment, never interleaved with its stop. */
  serially<Result>(id: EnvironmentId, work: () => Promise<Result>): Promise<Result> {
    return this.#serial.run(id, work)
  }

  /** Called every second. */
  async tick(): Promise<void> {
    const { stores, clock } = this.#plane
    for (const environment of await stores.delivery.environmentsDue(clock.now()))
      await this.#guarded(environment, () =>
        this.stop(
          environment,
          environment.model === undefined ? 'its auto_stop_in was over' : 'its time was over',
        ),
      )
    for (const environment of await stores.delivery.environmentsStopping())
      await this.#guarded(environment, () => this.#follow(environment))
  }

  /** After a push that deletes branches: what was deployed from them last, and has a job that takes it down. */
  async follow({ changes }: Push, project: Project): Promise<PushedPipelines> {
    const notes: string[] = []
    for (const { ref, after } of changes) {
      if (after !== NO_COMMIT || !ref.startsWith(BRANCH)) continue
      for (const environment of await this.#plane.stores.delivery.environmentsOfRef(project.id, ref)) {
        if (environment.stopJob === undefined && environment.model === undefined) continue
        await this.stop(environment, `branch ${ref.slice(BRANCH.length)} was deleted`)
        notes.push(`environment ${environment.name} is being stopped`)
      }
    }
    const main = changes.find(({ ref }) => ref === BRANCH + project.defaultBranch)
    if (main && main.after !== NO_COMMIT) notes.push(...(await this.#stopMerged(project, main.after)))
    return { pipelines: [], notes }
  }

  /** Previews of branches all of whose commits are in the default branch now: there is nothing left to preview. */
  async #stopMerged({ id, defaultBranch }: Project, head: CommitId): Promise<readonly string[]> {
    const { stores, settings } = this.#plane
    const all = await stores.delivery.environments(id)
    const previews = all.filter(({ model, state }) => model !== undefined && state === 'available')
    if (previews.length === 0) return []
    const directory = repositoryDirectory(settings, id)
    const refs = await readRefs(directory)
    const notes: string[] = []
    for (const preview of previews) {
      const branch = refs.get(preview.ref)
      if (branch && !(await isAncestor(directory, branch, head))) continue
      const why = branch ? `it was merged into ${defaultBranch}` : 'its branch was deleted'
      await this.stop(preview, why)
      notes.push(`${preview.name} is stopped: ${why}`)
    }
    return notes
  }

  /** Has it stopped by the next tick; nothing where it does not run. */
  async mark({ id }: Pick<Environment, 'id'>, why: string): Promise<void> {
    await this.#serial.run(id, async () => {
      const environment = await this.#plane.stores.delivery.environment(id)
      if (environment?.state === 'available') await this.#toStopping(environment, why)
    })
  }

  /**
   * Stops it as it is now; nothing where it does not run. `approved`: whoever asks may approve its stop job, if that
   * needs an approval.
   */
  async stop({ id }: Pick<Environment, 'id'>, why: string, approved = false): Promise<void> {
    await this.#serial.run(id, async () => {
      const environment = await this.#plane.stores.delivery.environment(id)
      if (!environment || environment.state === 'stopped') return
      if (environment.model !== undefined) return this.#takeDown(environment, environment.model, why)
      const job = await this.#stopJob(environment)
      if (!job) return this.#end(environment, 'stopped', why)
      if (environment.state === 'stopping' && !approved) return
      const stopping = await this.#toStopping(environment, why)
      if (stopping) await this.#ask(stopping, job, approved)
    })
  }

  async #follow({ id }: Environment): Promise<void> {
    await this.#serial.run(id, async () => {
      const environment = await this.#plane.stores.delivery.environment(id)
      if (environment?.state !== 'stopping') return
      const { model, reason } = environment
      if (model !== undefined) return this.#takeDown(environment, model, reason ?? 'it was asked for')
      const job = await this.#stopJob(environment)
      if (!job) return this.#end(environment, 'stopped', environment.reason ?? 'it has no stop job')
      if (!environment.stopAsked) return this.#ask(environment, job, false)
      if (!hasEnded(job.state)) return
      if (job.state === 'succeeded')
        return this.#end(environment, 'stopped', `stopped by job '${job.plan.name}'`)
      return this.#end(environment, 'available', `it could not be stopped: '${job.plan.name}' ${job.state}`)
    })
  }

  async #toStopping(environment: Environment, reason: string): Promise<Environment | undefined> {
    const { autoStopAt: _, ...rest } = environment
    return this.#save({ ...rest, state: 'stopping', stopAsked: false, reason })
  }

  /** `stopping` first: what a crash leaves is gone on with by the next tick. */
  async #takeDown(environment: Environment, model: string, why: string): Promise<void> {
    const stopping = environment.state === 'stopping' ? environment : await this.#toStopping(environment, why)
    if (!stopping) return
    await this.#models.remove(model, environment.name, why)
    await this.#end(stopping, 'stopped', why)
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
