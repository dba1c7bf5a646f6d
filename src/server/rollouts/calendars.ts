import {
  type Calendar,
  type Closure,
  closureAt,
  type Instant,
  type Milliseconds,
  type ProjectId,
} from '../../core/index.ts'
import type { StoredRollout } from '../../rollout/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { storedPolicy } from '../pipelines/policy.ts'

/** A closure without an end in sight, and the times that were looked at for one, are looked at again after this. */
const AGAIN_MS: Milliseconds = 60_000
/** Calendars that are closed now; more than an installation has rollouts on their way. */
const MAX_KNOWN = 1000

/**
 * What keeps rollouts from moving on: the environment's policy, and what the file asks for beside it. A return to an
 * earlier version by hand is never kept, nor is what a person let go on.
 */
export class Calendars {
  readonly #plane: Pick<ControlPlane, 'stores' | 'clock'>
  /** By the calendars: far windows are not sought through at every look. */
  readonly #known = new Map<string, { readonly closure: Closure; readonly until: Instant }>()

  constructor(plane: Pick<ControlPlane, 'stores' | 'clock'>) {
    this.#plane = plane
  }

  async closure(rollout: StoredRollout): Promise<Closure | undefined> {
    const { project, environment, job, endedAt, override, calendar: asked } = rollout
    if (job === undefined || endedAt !== undefined || override) return undefined
    return this.closureIn(project, environment, asked)
  }

  /** Why nothing moves on in an environment now. */
  async closureIn(project: ProjectId, environment: string, asked?: Calendar): Promise<Closure | undefined> {
    const policy = await storedPolicy(this.#plane, project, environment)
    const calendars = [policy?.calendar, asked].filter(calendar => calendar !== undefined)
    return calendars.length === 0 ? undefined : this.#closure(calendars)
  }

  #closure(calendars: readonly Calendar[]): Closure | undefined {
    const now = this.#plane.clock.now()
    const key = JSON.stringify(calendars)
    const known = this.#known.get(key)
    if (known && now < known.until) return known.closure
    this.#known.delete(key)
    const closure = closureAt(calendars, now)
    if (!closure) return undefined
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.set(key, { closure, until: closure.until ?? ((now + AGAIN_MS) as Instant) })
    return closure
  }
}
