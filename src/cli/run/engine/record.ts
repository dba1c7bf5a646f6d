import type { Instant, Milliseconds } from '../../../core/index.ts'
import { type JobState, type JobView, jobViewOf, type PlannedJob } from '../../../pipeline/index.ts'
import type { JobSummary } from './events.ts'

/** A job of a local run, and what has come of it. */
export class JobRecord {
  readonly plan: PlannedJob
  /** With the names of the triggers above it: `child/build`. */
  readonly path: string
  readonly position: number
  state: JobState = 'blocked'
  reason: string | undefined
  forgiven = false
  tries = 0
  due: Instant | undefined
  exitCode: number | undefined
  coverage: number | undefined
  log: string | undefined
  startedMs: Milliseconds | undefined
  endedMs: Milliseconds | undefined
  #view: JobView | undefined

  constructor(plan: PlannedJob, path: string, position: number) {
    this.plan = plan
    this.path = path
    this.position = position
  }

  get name(): string {
    return this.plan.name
  }

  move(to: JobState, reason: string | undefined): void {
    this.state = to
    this.reason = reason
    this.#view = undefined
  }

  /** As the scheduler sees it; made anew only after a change. */
  view(): JobView {
    this.#view ??= jobViewOf(this.plan, {
      state: this.state,
      forgiven: this.forgiven,
      ...(this.due !== undefined && { due: this.due }),
    })
    return this.#view
  }

  summary(): JobSummary {
    const { path: job, plan, state, reason, exitCode, tries, startedMs, endedMs, log, coverage } = this
    return {
      job,
      ...(plan.stage !== undefined && { stage: plan.stage }),
      state,
      forgiven: (state === 'failed' || state === 'errored') && this.view().allowFailure,
      ...(reason !== undefined && { reason }),
      ...(exitCode !== undefined && { exitCode }),
      tries,
      ...(startedMs !== undefined && { startedMs }),
      ...(startedMs !== undefined && endedMs !== undefined && { durationMs: endedMs - startedMs }),
      ...(log !== undefined && { log }),
      ...(coverage !== undefined && { coverage }),
      after: plan.needs,
    }
  }
}
