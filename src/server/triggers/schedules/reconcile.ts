import { hasRole, isProtectedRef, type Project } from '../../../access/index.ts'
import { type Instant, isoOf, messageOf, newId, type PushId } from '../../../core/index.ts'
import type { Push, Schedule } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { SerialByKey } from '../../serial.ts'
import type { Launcher } from '../launch.ts'
import { findRef, shortRef } from '../refs.ts'
import { MAX_MISSED, nextRun, runsBetween } from './cron.ts'

/** Ticks come every second: what is later than this was missed while the server was down. */
const LATE_MS = 60_000

/**
 * Fires schedules, each due time once. A run is claimed (compare and set of the next time, with a push in the
 * journal) before its pipeline is made under that push; a crash in between leaves the claim, and the next tick makes
 * the pipeline, which the journal makes once. Of runs that were missed one is made up for, and the others told.
 */
export class ScheduleReconciler {
  readonly #plane: ControlPlane
  readonly #launcher: Pick<Launcher, 'launch'>
  readonly #serial = new SerialByKey()

  constructor(plane: ControlPlane, launcher: Pick<Launcher, 'launch'>) {
    this.#plane = plane
    this.#launcher = launcher
  }

  async tick(): Promise<void> {
    const { stores, clock } = this.#plane
    for (const { id } of await stores.triggers.dueSchedules(clock.now()))
      await this.#serial.run(id, async () => {
        const schedule = await stores.triggers.schedule(id)
        if (schedule) await this.#fire(schedule)
      })
  }

  /** At once, beside its times; with the rights of its owner too. Gives what came of it. */
  async runNow(schedule: Schedule): Promise<string> {
    return this.#serial.run(schedule.id, () => this.#launch(schedule, undefined))
  }

  async #fire(schedule: Schedule): Promise<void> {
    const { stores, clock } = this.#plane
    if (schedule.pending !== undefined) return this.#finish(schedule, schedule.pending, '')
    const { id, cron, timeZone, nextRunAt: due } = schedule
    const now = clock.now()
    if (!schedule.active || due === undefined || due > now) return
    const push: Push = {
      id: newId('push'),
      project: schedule.project,
      principal: schedule.owner,
      state: 'accepted',
      changes: [],
      createdAt: now,
    }
    if (!(await stores.triggers.claimRun(id, due, nextRun(cron, timeZone, now), push))) return
    await this.#finish(schedule, push.id, now - due > LATE_MS ? missed(schedule, due, now) : '')
  }

  async #finish(schedule: Schedule, push: PushId, late: string): Promise<void> {
    const outcome = await this.#launch(schedule, push).catch((error: unknown) => {
      this.#plane.logger.error({ schedule: schedule.id, error: messageOf(error) }, 'a schedule could not run')
      return `not run: ${messageOf(error).slice(0, 300)}`
    })
    await this.#plane.stores.triggers.endRun(schedule.id, push, `${outcome}${late}`)
  }

  async #launch(schedule: Schedule, push: PushId | undefined): Promise<string> {
    const project = await this.#plane.stores.access.project(schedule.project)
    if (!project) return 'not run: its project is gone'
    const refusal = await this.#refusal(schedule, project)
    if (refusal !== undefined) return `not run: ${refusal}`
    const found = await findRef(this.#plane, project, schedule.ref)
    if (!found) return `not run: ${shortRef(schedule.ref)} is gone`
    const started = await this.#launcher.launch({
      project,
      ...found,
      event: 'schedule',
      principal: schedule.owner,
      variables: schedule.variables,
      inputs: schedule.inputs,
      schedule: { id: schedule.id, description: schedule.description },
      ...(push && { push }),
    })
    return started.kind === 'pipeline'
      ? `pipeline #${started.pipeline.number}`
      : `nothing to run: ${started.reason}`
  }

  /** A schedule runs with the rights that its owner has now. */
  async #refusal(schedule: Schedule, project: Project): Promise<string | undefined> {
    const { access } = this.#plane.stores
    const owner = await access.principal(schedule.owner)
    const role = owner?.admin ? 'admin' : await access.roleOf(schedule.owner, project.id)
    const least = isProtectedRef(project, schedule.ref) ? 'maintainer' : 'developer'
    if (owner && hasRole(role, least)) return undefined
    return `its owner ${owner?.name ?? ''} is no ${least} of ${project.name} (any more); who is may take it over`
  }
}

function missed({ cron, timeZone }: Schedule, due: Instant, now: Instant): string {
  const others = runsBetween(cron, timeZone, due, now)
  const skipped =
    others === 0 ? '' : `; ${others === MAX_MISSED ? 'at least ' : ''}${others} more missed, left out`
  return ` (due at ${isoOf(due)}, late${skipped})`
}
