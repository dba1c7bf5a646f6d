import type { JobId, PipelineId, ProjectId } from '../../../core/index.ts'
import { nextInLine } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { SerialByKey } from '../../serial.ts'

/** Longer than any line of pipelines that made each other. */
const MAX_LINE = 100

/** Resource groups: of their jobs, in all pipelines of a project, one runs at a time, oldest first. */
export class Turns {
  readonly #plane: Pick<ControlPlane, 'stores'>
  readonly #serial = new SerialByKey()

  constructor(plane: Pick<ControlPlane, 'stores'>) {
    this.#plane = plane
  }

  /**
   * Does `work` with the job whose turn it is, if there is one. What it does is done before anybody else is told of
   * a turn in this group: so a job that it starts is alone.
   */
  take<Result>(
    project: ProjectId,
    group: string,
    work: (job: JobId) => Promise<Result>,
  ): Promise<Result | undefined> {
    return this.#serial.run(`${project} ${group}`, async () => {
      const next = await this.#next(project, group)
      return next && work(next)
    })
  }

  async #next(project: ProjectId, group: string): Promise<JobId | undefined> {
    const jobs = await this.#plane.stores.pipelines.jobsInGroup(project, group)
    const stuck = new Set<string>()
    for (const id of new Set(jobs.map(({ pipeline }) => pipeline))) {
      if (await this.#waits(id)) stuck.add(id)
      // A pipeline that waits for one that it made must not be waited for by that one.
      for (const above of await this.#above(id)) stuck.add(above)
    }
    return nextInLine(jobs, pipeline => stuck.has(pipeline))?.id
  }

  async #waits(id: PipelineId): Promise<boolean> {
    return (await this.#plane.stores.pipelines.jobStates(id)).some(({ state }) => state === 'waiting')
  }

  async #above(id: PipelineId): Promise<readonly PipelineId[]> {
    const { pipelines } = this.#plane.stores
    const line: PipelineId[] = []
    let pipeline = await pipelines.pipeline(id)
    while (pipeline?.parent !== undefined && line.length < MAX_LINE) {
      const job = await pipelines.job(pipeline.parent)
      if (!job) break
      line.push(job.pipeline)
      pipeline = await pipelines.pipeline(job.pipeline)
    }
    return line
  }
}
