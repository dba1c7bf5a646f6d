import { hasEnded } from '../states.ts'
import type { JobMove, JobView } from '../types.ts'
import { dependentsOf } from './board.ts'
import { goingOn } from './transitions.ts'
import { endedBadly } from './view.ts'

/**
 * What goes back to `blocked` when a person has an ended job tried again: the job, what keeps it from starting
 * (retrying a skipped job retries what it was skipped for), and what is behind any of these. Of the jobs behind,
 * those of a dialect go again if they were skipped, as its users expect; all others if they have ended, since they
 * saw the old result. Empty when the job has not ended, or a rule skips it. Afterwards `nextTransitions` starts
 * what can start.
 */
export function retryTargets(
  name: string,
  jobs: readonly JobView[],
  stages: readonly string[] = [],
): readonly JobMove[] {
  const line = new Line(jobs, stages)
  const job = line.job(name)
  if (!job || !hasEnded(job.state) || job.skip !== undefined) return []
  const again = line.behind(line.causes(job))
  return jobs.filter(({ name }) => again.has(name)).flatMap(reset)
}

/**
 * The steps when somebody starts a job that waits for them (or for its time): its own, and the reset of what was
 * skipped behind it. Empty when it waits for nobody. One that waits for approval starts for who may give it:
 * `approved`.
 */
export function playTargets(
  name: string,
  jobs: readonly JobView[],
  stages: readonly string[] = [],
  approved = false,
): readonly JobMove[] {
  const line = new Line(jobs, stages)
  const job = line.job(name)
  if (!job || !(isPlayable(job) || (approved && awaitsApproval(job)))) return []
  const again = line.behind([job])
  const own: JobMove = { name, from: 'waiting', to: goingOn(job) }
  return [own, ...jobs.filter(other => other !== job && again.has(other.name)).flatMap(reset)]
}

/** Whether it waits for somebody to start it, or for its time. */
export function isPlayable({
  state,
  start,
  approval,
}: Pick<JobView, 'state' | 'start' | 'approval'>): boolean {
  const waits = start?.kind === 'manual' || start?.kind === 'delayed'
  return state === 'waiting' && approval === undefined && waits
}

/** Whether its script waits for the approval that the policy of its environment wants. */
export function awaitsApproval({ state, approval }: Pick<JobView, 'state' | 'approval'>): boolean {
  return state === 'waiting' && approval !== undefined
}

function reset({ name, state, skip }: JobView): JobMove[] {
  return hasEnded(state) && skip === undefined ? [{ name, from: state, to: 'blocked' }] : []
}

/** Which jobs come before which. */
class Line {
  readonly #jobs: readonly JobView[]
  readonly #byName: ReadonlyMap<string, JobView>
  readonly #places: ReadonlyMap<string, number>
  readonly #after: number

  constructor(jobs: readonly JobView[], stages: readonly string[]) {
    this.#jobs = jobs
    this.#byName = new Map(jobs.map(job => [job.name, job]))
    this.#places = new Map(stages.map((stage, place) => [stage, place]))
    this.#after = stages.length
  }

  job(name: string): JobView | undefined {
    return this.#byName.get(name)
  }

  /** The job, and whatever ended badly before it that keeps it from starting, directly or not. */
  causes(job: JobView): readonly JobView[] {
    const found = new Set([job])
    // A set hands out what is added to it while it is gone through.
    for (const target of found) for (const cause of this.#causes(target)) found.add(cause)
    return [...found]
  }

  #causes(job: JobView): readonly JobView[] {
    if (job.start?.kind === 'always' || job.start?.kind === 'on_failure') return []
    const needs = job.needs.flatMap(name => this.#byName.get(name) ?? [])
    const place = this.#placeOf(job)
    const earlier =
      job.order === 'stages' && (job.state === 'skipped' || job.state === 'canceled')
        ? this.#jobs.filter(other => other.state !== 'skipped' && this.#placeOf(other) < place)
        : []
    const keeps = (other: JobView) =>
      (endedBadly(other) || (job.order !== undefined && other.state === 'skipped')) &&
      other.skip === undefined
    return [...needs.filter(keeps), ...earlier.filter(keeps)]
  }

  /** Names of `jobs` and of those behind them that go again with them. */
  behind(jobs: readonly JobView[]): ReadonlySet<string> {
    const dependents = dependentsOf(this.#jobs)
    const found = new Set(jobs.map(({ name }) => name))
    const first = Math.min(...jobs.map(job => this.#placeOf(job)))
    for (const job of this.#jobs)
      if (job.order === 'stages' && job.state === 'skipped' && this.#placeOf(job) > first) found.add(job.name)
    for (const name of found)
      for (const dependent of dependents.get(name) ?? [])
        if (goesAgain(this.#byName.get(dependent)!)) found.add(dependent)
    return found
  }

  #placeOf({ stage }: JobView): number {
    return (stage === undefined ? undefined : this.#places.get(stage)) ?? this.#after
  }
}

function goesAgain({ order, work, state }: JobView): boolean {
  return order === undefined || work.kind === 'stage' || work.kind === 'deploy' || state === 'skipped'
}
