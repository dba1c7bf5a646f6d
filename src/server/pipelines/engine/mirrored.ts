import { hasRole, type Project } from '../../../access/index.ts'
import type { Instant, JobId, PipelineId } from '../../../core/index.ts'
import type { Job, Pipeline } from '../../../pipeline/index.ts'
import { roleOfStarter } from '../../access/starter.ts'
import type { ControlPlane } from '../../control-plane.ts'

/** Pipelines of a branch that are looked through for one that is not a child of another. */
const MAX_LOOKED_AT = 100

/** Jobs that wait for the end of a pipeline that they have not made: they take its state. */
export class Mirrored {
  readonly #plane: Pick<ControlPlane, 'stores' | 'clock'>
  /** Of jobs that wait: of which pipeline they are, and whose end they wait for. Found again after a restart. */
  readonly #waits = new Map<JobId, { readonly of: PipelineId; readonly on: PipelineId }>()

  constructor(plane: Pick<ControlPlane, 'stores' | 'clock'>) {
    this.#plane = plane
  }

  /** One that whoever started the pipeline may read. */
  async project(pipeline: Pipeline, name: string): Promise<Project | undefined> {
    const project = await this.#plane.stores.access.projectByName(name)
    const role = project && (await roleOfStarter(this.#plane, pipeline, project))
    return role && hasRole(role, 'reader') ? project : undefined
  }

  /**
   * The pipeline that a running job mirrors, or why there is none: the latest of the project's default branch that
   * was there as the job started, so that it is the same each time it is asked for. While it runs, the job waits
   * for it.
   */
  async find(pipeline: Pipeline, job: Job, project: Project): Promise<Pipeline | string> {
    const { pipelines } = this.#plane.stores
    const before = ((job.startedAt ?? this.#plane.clock.now()) + 1) as Instant
    const ref = `refs/heads/${project.defaultBranch}`
    const latest = await pipelines.pipelinesOfRef(project.id, ref, { before, limit: MAX_LOOKED_AT })
    const own = await this.#lineOf(pipeline)
    const found = latest.find(({ id, parent }) => parent === undefined && id !== pipeline.id)
    if (!found) return `${project.name} has no pipeline on '${project.defaultBranch}'`
    if (own.has(found.id) || this.#waitsFor(found.id, own))
      return `pipeline #${found.number} of ${project.name} waits for this one`
    // Before its state is read: an end from here on is told.
    this.#waits.set(job.id, { of: pipeline.id, on: found.id })
    const now = (await pipelines.pipeline(found.id)) ?? found
    if (now.state !== 'running') this.forget(job.id)
    return now
  }

  /** Jobs that wait for this pipeline. */
  waiting(pipeline: PipelineId): readonly JobId[] {
    return [...this.#waits].flatMap(([job, { on }]) => (on === pipeline ? [job] : []))
  }

  /** The job waits no more. */
  forget(job: JobId): void {
    this.#waits.delete(job)
  }

  /** The pipeline with those that have made it, which may wait for it. */
  async #lineOf(pipeline: Pipeline): Promise<ReadonlySet<PipelineId>> {
    const line = new Set([pipeline.id])
    const { pipelines } = this.#plane.stores
    // Lines of pipelines that make each other are bounded where they are made.
    for (
      let above: Pipeline | undefined = pipeline;
      above?.parent !== undefined;
      line.add(above?.id ?? pipeline.id)
    ) {
      const job: Job | undefined = await pipelines.job(above.parent)
      above = job && (await pipelines.pipeline(job.pipeline))
    }
    return line
  }

  #waitsFor(start: PipelineId, own: ReadonlySet<PipelineId>): boolean {
    const seen = new Set([start])
    for (const pipeline of seen)
      for (const { of, on } of this.#waits.values()) if (of === pipeline) seen.add(on)
    return [...own].some(id => seen.has(id))
  }
}
