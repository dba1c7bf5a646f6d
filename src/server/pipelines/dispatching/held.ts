import { formatClosure, type JobId, type ProjectId } from '../../../core/index.ts'
import type { Job } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { Calendars } from '../../rollouts/calendars.ts'

interface Held {
  readonly project: ProjectId
  readonly environment: string
  readonly reason: string
}

/** Ready jobs that no runner is given, since the policy of their environment lets nothing move on now. */
export class HeldJobs {
  readonly #calendars: Calendars
  readonly #held = new Map<JobId, Held>()

  constructor(plane: Pick<ControlPlane, 'stores' | 'clock'>) {
    this.#calendars = new Calendars(plane)
  }

  /** Whatever the action is: all of them run the file's own commands in that environment's name. */
  async holds(project: ProjectId, { id, plan: { environment } }: Job): Promise<boolean> {
    const reason = environment && (await this.#reasonIn(project, environment.name))
    if (!reason) this.#held.delete(id)
    else this.#held.set(id, { project, environment: environment.name, reason })
    return reason !== undefined
  }

  /** What it waits for, as it was last looked at. */
  reasonOf(job: JobId): string | undefined {
    return this.#held.get(job)?.reason
  }

  /** Forgets what is not ready any more; true where one may go on that was held. */
  async reopened(isReady: (job: JobId) => boolean): Promise<boolean> {
    let opened = false
    for (const [id, { project, environment }] of this.#held) {
      if (isReady(id) && (await this.#reasonIn(project, environment)) !== undefined) continue
      this.#held.delete(id)
      opened ||= isReady(id)
    }
    return opened
  }

  async #reasonIn(project: ProjectId, environment: string): Promise<string | undefined> {
    const closure = await this.#calendars.closureIn(project, environment)
    return closure && `waits for its time: ${environment} is ${formatClosure(closure)}`
  }
}
