import { hasRole, type Project } from '../../../access/index.ts'
import { BallastError, type CommitId, messageOf } from '../../../core/index.ts'
import { resolveCommit } from '../../../git/index.ts'
import type { Job, JobState, Pipeline, TriggerWork } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { repositoryDirectory } from '../../repositories.ts'
import { SerialByKey } from '../../serial.ts'
import { forwardedVariables } from '../offers/forwarded.ts'
import type { PipelineReconciler } from '../reconcile.ts'
import { storeResult } from '../results.ts'
import type { PipelineRequest, Started } from '../start.ts'

/** Compiles a commit for an occasion and adds its pipeline. */
export type Starter = (plane: ControlPlane, request: PipelineRequest) => Promise<Started>

/** Pipelines that made one another: more in a line are a mistake that would go on. */
const MAX_LINE = 10
/** Pipelines that come from one, as GitLab has it. */
const MAX_FAMILY = 1000

/**
 * Trigger jobs: makes the pipeline that a running one asks for, once, and ends the job as its strategy says. What is
 * there already is found again by its parent, so that asking twice, or after a crash, makes no second one.
 */
export class Downstream {
  readonly #plane: ControlPlane
  readonly #reconciler: PipelineReconciler
  readonly #start: Starter
  readonly #serial = new SerialByKey()

  constructor(plane: ControlPlane, reconciler: PipelineReconciler, start: Starter) {
    this.#plane = plane
    this.#reconciler = reconciler
    this.#start = start
  }

  /** Takes whatever step a running trigger job is to take. */
  async follow(id: Job['id']): Promise<void> {
    const { made, end, job } = await this.#serial.run(id, () => this.#follow(id))
    if (made) {
      this.#reconciler.tell(made)
      await this.#reconciler.reconcile(made.id)
    }
    if (end && job) await this.#reconciler.move(job, 'running', end.to, end)
  }

  /** Goes on with the job that made a pipeline which has ended. */
  async ended({ parent }: Pipeline): Promise<void> {
    if (parent !== undefined) await this.follow(parent)
  }

  async #follow(id: Job['id']): Promise<{ made?: Pipeline; job?: Job; end?: End }> {
    const { pipelines } = this.#plane.stores
    const job = await pipelines.job(id)
    if (job?.state !== 'running' || job.plan.work.kind !== 'trigger') return {}
    const { work } = job.plan
    const pipeline = await pipelines.pipeline(job.pipeline)
    if (!pipeline) return {}
    // One from before the job was tried again is not it.
    const there = (await pipelines.pipelinesOfParent(id)).findLast(
      ({ createdAt }) => createdAt >= (job.startedAt ?? 0),
    )
    let child: Pipeline | string
    try {
      child = there ?? (await this.#make(pipeline, job, work))
    } catch (error) {
      this.#plane.logger.error({ job: id, error: messageOf(error) }, 'a pipeline could not be triggered')
      return { job, end: { to: 'errored', reason: `It could not be started: ${messageOf(error)}` } }
    }
    if (typeof child === 'string') return { job, end: { to: 'failed', reason: child } }
    const end = await this.#endOf(work, child)
    return { job, ...(!there && { made: child }), ...(end && { end }) }
  }

  async #endOf({ strategy }: TriggerWork, child: Pipeline): Promise<End | undefined> {
    const result = storeResult({ kind: 'trigger', pipeline: child.id })
    const neverRan =
      child.state === 'failed' && (await this.#plane.stores.pipelines.jobs(child.id)).length === 0
    if (neverRan)
      return {
        to: 'failed',
        result,
        reason: `pipeline #${child.number} could not be made: ${child.problems[0]}`,
      }
    if (strategy === 'none') return { to: 'succeeded', result, reason: `started pipeline #${child.number}` }
    if (child.state === 'running') return undefined
    return { to: child.state, result, reason: `pipeline #${child.number} ${ENDS[child.state]}` }
  }

  /** The pipeline, or why there is none. */
  async #make(pipeline: Pipeline, job: Job, work: TriggerWork): Promise<Pipeline | string> {
    if (await this.#isTooDeep(pipeline))
      return `more than ${MAX_LINE} pipelines in a line would have made one another`
    if ((await this.#plane.stores.pipelines.familySize(pipeline.id)) >= MAX_FAMILY)
      return `${MAX_FAMILY} pipelines come from the same one already`
    const request = await this.#request(pipeline, job, work)
    if (typeof request === 'string') return request
    const started = await this.#start(this.#plane, request)
    return started.kind === 'pipeline' ? started.pipeline : `nothing was started: ${started.reason}`
  }

  async #isTooDeep(pipeline: Pipeline): Promise<boolean> {
    const { pipelines } = this.#plane.stores
    let line = 1
    for (let above: Pipeline | undefined = pipeline; above?.parent !== undefined && line < MAX_LINE; line++) {
      const job: Job | undefined = await pipelines.job(above.parent)
      above = job && (await pipelines.pipeline(job.pipeline))
    }
    return line >= MAX_LINE
  }

  async #request(pipeline: Pipeline, job: Job, work: TriggerWork): Promise<PipelineRequest | string> {
    const { target, inputs } = work
    const own = await this.#plane.stores.access.project(pipeline.project)
    if (!own) return 'its project is gone'
    const { variables, expand } = await forwardedVariables(this.#plane, pipeline, job, own, work)
    const common = {
      principal: pipeline.principal,
      variables,
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([name, value]) => [
          name,
          typeof value === 'string' ? expand(value) : value,
        ]),
      ),
    }
    if (target.kind === 'child') {
      const sources = target.sources.map(source =>
        'file' in source ? { ...source, file: expand(source.file) } : source,
      )
      const { ref, commit, trigger } = pipeline
      return {
        ...common,
        project: own,
        ref,
        commit,
        event: 'child',
        ...(trigger?.mergeRequest && { mergeRequest: trigger.mergeRequest }),
        parent: { pipeline, job, sources },
      }
    }
    const project = await this.#startable(pipeline, expand(target.project))
    if (!project)
      return `there is no project '${target.project}' in which who started this may start pipelines`
    const branch = target.branch === undefined ? project.defaultBranch : expand(target.branch)
    const ref = `refs/heads/${branch}`
    const commit = await this.#headOf(project, ref)
    if (!commit) return `${project.name} has no branch '${branch}'`
    return { ...common, project, ref, commit, event: 'upstream', parent: { pipeline, job } }
  }

  async #startable({ principal }: Pipeline, name: string): Promise<Project | undefined> {
    const { access } = this.#plane.stores
    const project = await access.projectByName(name)
    if (!project || (await access.principal(principal))?.admin) return project
    return hasRole(await access.roleOf(principal, project.id), 'developer') ? project : undefined
  }

  async #headOf(project: Project, ref: string): Promise<CommitId | undefined> {
    try {
      return await resolveCommit(repositoryDirectory(this.#plane.settings, project.id), ref)
    } catch (error) {
      // What can be no name of a branch names none.
      if (error instanceof BallastError) return undefined
      throw error
    }
  }
}

interface End {
  readonly to: Extract<JobState, 'succeeded' | 'failed' | 'errored' | 'canceled'>
  readonly reason: string
  readonly result?: ReturnType<typeof storeResult>
}

const ENDS = { succeeded: 'succeeded', failed: 'failed', canceled: 'was canceled' } as const
