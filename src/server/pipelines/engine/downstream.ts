import { hasRole, isProtectedRef, isTriggerVariable, type Project, type Role } from '../../../access/index.ts'
import { BallastError, type CommitId, messageOf } from '../../../core/index.ts'
import { resolveCommit } from '../../../git/index.ts'
import type { Job, JobState, Pipeline, TriggerWork } from '../../../pipeline/index.ts'
import { roleOfStarter } from '../../access/starter.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { repositoryDirectory } from '../../repositories.ts'
import { SerialByKey } from '../../serial.ts'
import { storeResult } from '../ending/results.ts'
import { forwardedVariables } from '../offers/forwarded.ts'
import type { PipelineReconciler } from '../reconcile.ts'
import type { PipelineRequest, Started } from '../starting/start.ts'
import { Mirrored } from './mirrored.ts'

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
  readonly #mirrored: Mirrored
  readonly #serial = new SerialByKey()

  constructor(plane: ControlPlane, reconciler: PipelineReconciler, start: Starter) {
    this.#plane = plane
    this.#reconciler = reconciler
    this.#start = start
    this.#mirrored = new Mirrored(plane)
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

  /** Goes on with the job that made a pipeline which has ended, and with those that mirror it. */
  async ended({ id, parent }: Pipeline): Promise<void> {
    if (parent !== undefined) await this.follow(parent)
    for (const job of this.#mirrored.waiting(id)) await this.follow(job)
  }

  async #follow(id: Job['id']): Promise<{ made?: Pipeline; job?: Job; end?: End }> {
    const { pipelines } = this.#plane.stores
    const job = await pipelines.job(id)
    if (job?.state !== 'running' || job.plan.work.kind !== 'trigger') {
      this.#mirrored.forget(id)
      return {}
    }
    const { work } = job.plan
    const { target } = work
    const pipeline = await pipelines.pipeline(job.pipeline)
    if (!pipeline) return {}
    if (target.kind === 'latest') return { job, ...(await this.#mirror(pipeline, job, target.project)) }
    // One from before the job was tried again is not it.
    const there = (await pipelines.pipelinesOfParent(id)).findLast(
      ({ createdAt }) => createdAt >= (job.startedAt ?? 0),
    )
    let child: Pipeline | string
    try {
      child = there ?? (await this.#make(pipeline, job, work, target))
    } catch (error) {
      this.#plane.logger.error({ job: id, error: messageOf(error) }, 'a pipeline could not be triggered')
      return { job, end: { to: 'errored', reason: `It could not be started: ${messageOf(error)}` } }
    }
    if (typeof child === 'string') return { job, end: { to: 'failed', reason: child } }
    const end = await this.#endOf(work, child, keptBack(job, work))
    return { job, ...(!there && { made: child }), ...(end && { end }) }
  }

  async #mirror(pipeline: Pipeline, job: Job, written: string): Promise<{ end?: End }> {
    const own = await this.#plane.stores.access.project(pipeline.project)
    if (!own) return { end: { to: 'failed', reason: 'its project is gone' } }
    const { expand } = await forwardedVariables(this.#plane, pipeline, job, own, NOTHING)
    const project = await this.#mirrored.project(pipeline, expand(written))
    // As it is written: a variable in it may be nobody's to see.
    if (!project)
      return {
        end: { to: 'failed', reason: `there is no project '${written}' that who started this may read` },
      }
    const found = await this.#mirrored.find(pipeline, job, project)
    if (typeof found === 'string') return { end: { to: 'failed', reason: found } }
    if (found.state === 'running') return {}
    const result = storeResult({ kind: 'trigger', pipeline: found.id })
    const reason = `pipeline #${found.number} of ${project.name} ${ENDS[found.state]}`
    return { end: { to: found.state, result, reason } }
  }

  async #endOf({ strategy }: TriggerWork, child: Pipeline, note: string): Promise<End | undefined> {
    const result = storeResult({ kind: 'trigger', pipeline: child.id })
    const neverRan =
      child.state === 'failed' && (await this.#plane.stores.pipelines.jobs(child.id)).length === 0
    if (neverRan)
      return {
        to: 'failed',
        result,
        reason: `pipeline #${child.number} could not be made: ${child.problems[0]}`,
      }
    if (strategy === 'none')
      return { to: 'succeeded', result, reason: `started pipeline #${child.number}${note}` }
    if (child.state === 'running') return undefined
    return { to: child.state, result, reason: `pipeline #${child.number} ${ENDS[child.state]}${note}` }
  }

  /** The pipeline, or why there is none. */
  async #make(pipeline: Pipeline, job: Job, work: TriggerWork, target: Made): Promise<Pipeline | string> {
    if (await this.#isTooDeep(pipeline))
      return `more than ${MAX_LINE} pipelines in a line would have made one another`
    if ((await this.#plane.stores.pipelines.familySize(pipeline.id)) >= MAX_FAMILY)
      return `${MAX_FAMILY} pipelines come from the same one already`
    const request = await this.#request(pipeline, job, work, target)
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

  async #request(
    pipeline: Pipeline,
    job: Job,
    work: TriggerWork,
    target: Made,
  ): Promise<PipelineRequest | string> {
    const { inputs } = work
    const own = await this.#plane.stores.access.project(pipeline.project)
    if (!own) return 'its project is gone'
    const { variables, expand } = await forwardedVariables(this.#plane, pipeline, job, own, work)
    const common = {
      principal: pipeline.principal,
      variables,
      inputs: expanded(inputs, expand),
    }
    if (target.kind === 'child') {
      const sources = target.sources.map(source => ({
        ...source,
        ...('file' in source && { file: expand(source.file) }),
        ...(source.inputs && { inputs: expanded(source.inputs, expand) }),
      }))
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
    const { project, role } = (await this.#startable(pipeline, expand(target.project))) ?? {}
    if (!project)
      return `there is no project '${target.project}' in which who started this may start pipelines`
    const branch = target.branch === undefined ? project.defaultBranch : expand(target.branch)
    const ref = `refs/heads/${branch}`
    // What runs there has the project's secrets, and takes these variables for its own.
    if (isProtectedRef(project, ref) && !(hasRole(role, 'maintainer') && (await this.#isKnown(pipeline))))
      return `'${branch}' of ${project.name} is protected: only a maintainer starts pipelines on it`
    const commit = await this.#headOf(project, ref)
    if (!commit) return `${project.name} has no branch '${branch}'`
    const taken = Object.fromEntries(Object.entries(variables).filter(([name]) => isTriggerVariable(name)))
    return { ...common, project, ref, commit, event: 'upstream', variables: taken, parent: { pipeline, job } }
  }

  /** The project, and the role there of who started this; undefined where it may start none. */
  async #startable(pipeline: Pipeline, name: string): Promise<{ project: Project; role: Role } | undefined> {
    const project = await this.#plane.stores.access.projectByName(name)
    if (!project) return undefined
    const role = await roleOfStarter(this.#plane, pipeline, project)
    return role && hasRole(role, 'developer') ? { project, role } : undefined
  }

  /**
   * Whether who started it knows what is in it. A mirror brings branches in the name of who set it up, whoever pushed
   * them to the other forge; a schedule runs in the name of its owner what others have pushed since.
   */
  async #isKnown({ project, principal, trigger, parent }: Pipeline): Promise<boolean> {
    if (trigger?.protectedRef) return true
    if (trigger?.event === 'schedule') return false
    const { pipelines, triggers } = this.#plane.stores
    if ((await triggers.mirror(project))?.owner === principal) return false
    const job = parent === undefined ? undefined : await pipelines.job(parent)
    const above = job && (await pipelines.pipeline(job.pipeline))
    // A line has an end: see MAX_LINE.
    return above ? this.#isKnown(above) : true
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

function expanded(inputs: TriggerWork['inputs'], expand: (text: string) => string): TriggerWork['inputs'] {
  const values = Object.entries(inputs)
  return Object.fromEntries(
    values.map(([name, value]) => [name, typeof value === 'string' ? expand(value) : value]),
  )
}

/** Variables of a file that steer a shell reach no other project: its jobs would be somebody else's. */
function keptBack({ plan }: Job, { target, forward }: TriggerWork): string {
  if (target.kind !== 'project' || !forward.yamlVariables) return ''
  const names = Object.keys(plan.env).filter(name => !isTriggerVariable(name))
  return names.length === 0 ? '' : `; it takes no variable ${names.join(', ').slice(0, 200)}`
}

/** Where a pipeline is made. */
type Made = Exclude<TriggerWork['target'], { readonly kind: 'latest' }>

/** Handed on to a pipeline that is there already. */
const NOTHING = { forward: { yamlVariables: false, pipelineVariables: false } } as const

interface End {
  readonly to: Extract<JobState, 'succeeded' | 'failed' | 'errored' | 'canceled'>
  readonly reason: string
  readonly result?: ReturnType<typeof storeResult>
}

const ENDS = { succeeded: 'succeeded', failed: 'failed', canceled: 'was canceled' } as const
