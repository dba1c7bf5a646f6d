import { nearestName } from '../../core/index.ts'
import { type Plan, type PlannedJob, STAGES } from '../types.ts'
import { sortJobs } from './order.ts'

/** A page of a run shows them all, and one pass of the scheduler reads them all. */
export const MAX_JOBS = 500
/** A job that needs more than this is a mistake of a generator. */
export const MAX_NEEDS = 100
export const MAX_JOB_NAME = 100

export const JOB_NAME: RegExp = /^[A-Za-z0-9][A-Za-z0-9_.:/-]*$/

export type PlanProblemCode =
  | 'JOB_NAME_INVALID'
  | 'JOB_NAME_RESERVED'
  | 'JOB_DUPLICATE'
  | 'NEED_UNKNOWN'
  | 'NEED_DUPLICATE'
  | 'NEED_CYCLE'
  | 'TOO_MANY_JOBS'
  | 'TOO_MANY_NEEDS'

/** Why jobs make no plan; whoever knows the file adds the place. */
export interface PlanProblem {
  readonly code: PlanProblemCode
  readonly job: string
  /** Index into the job's `needs`, where one of them is the matter. */
  readonly need?: number
  readonly message: string
  readonly hint?: string
}

export type Compiled =
  | { readonly kind: 'plan'; readonly plan: Plan }
  | { readonly kind: 'problems'; readonly problems: readonly PlanProblem[] }

/**
 * The user's jobs in an order in which every need comes first, and else as they were written. All problems at
 * once: bad, reserved or repeated names, needs that name no job (with the nearest name), cycles (by name), counts.
 */
export function compilePlan(jobs: readonly PlannedJob[]): Compiled {
  if (jobs.length > MAX_JOBS) {
    const job = jobs[MAX_JOBS]!.name
    const message = `${jobs.length} jobs are more than the ${MAX_JOBS} that one pipeline may have`
    return { kind: 'problems', problems: [{ code: 'TOO_MANY_JOBS', job, message }] }
  }
  const names = new Set(jobs.map(job => job.name))
  const problems = [
    ...nameProblems(jobs),
    ...jobs.flatMap(job => needProblems(job, names)),
    ...cycleProblems(jobs),
  ]
  if (problems.length > 0) return { kind: 'problems', problems }
  return { kind: 'plan', plan: { jobs: sortJobs(jobs).sorted } }
}

/** Whether Ballast's own stages have this name: `inspect`, `gate`, `deploy:production` … */
export function isReservedName(name: string): boolean {
  return (STAGES as readonly string[]).includes(name) || name.startsWith('deploy:')
}

function nameProblems(jobs: readonly PlannedJob[]): PlanProblem[] {
  const seen = new Set<string>()
  return jobs.flatMap(({ name: job }): PlanProblem[] => {
    const shown = job.length > MAX_JOB_NAME ? `${job.slice(0, MAX_JOB_NAME)}…` : job
    const first = !seen.has(job)
    seen.add(job)
    if (!JOB_NAME.test(job) || job.length > MAX_JOB_NAME) {
      const message = `'${shown}' can't be the name of a job`
      const hint = `letters, digits, '-', '_', '.', ':' and '/', ${MAX_JOB_NAME} at most, beginning with a letter or digit`
      return [{ code: 'JOB_NAME_INVALID', job, message, hint }]
    }
    if (isReservedName(job)) {
      const message = `'${job}' is the name of one of Ballast's own stages`
      return [{ code: 'JOB_NAME_RESERVED', job, message, hint: `call it 'my-${job.replace(':', '-')}'` }]
    }
    return first ? [] : [{ code: 'JOB_DUPLICATE', job, message: `There are two jobs named '${job}'` }]
  })
}

function needProblems({ name: job, needs }: PlannedJob, names: ReadonlySet<string>): PlanProblem[] {
  if (needs.length > MAX_NEEDS) {
    const message = `Job '${job}' has ${needs.length} needs, more than ${MAX_NEEDS}`
    return [{ code: 'TOO_MANY_NEEDS', job, message }]
  }
  return needs.flatMap((name, need): PlanProblem[] => {
    if (needs.indexOf(name) < need) {
      return [{ code: 'NEED_DUPLICATE', job, need, message: `Job '${job}' needs '${name}' twice` }]
    }
    if (names.has(name)) return []
    const near = isReservedName(name) ? undefined : nearestName(name, names)
    const hint = isReservedName(name)
      ? "Ballast's own stages come after every job, so a job can't need one"
      : near && `did you mean '${near}'?`
    const message = `Job '${job}' needs '${name}', and there is no such job`
    return [{ code: 'NEED_UNKNOWN', job, need, message, ...(hint && { hint }) }]
  })
}

function cycleProblems(jobs: readonly PlannedJob[]): PlanProblem[] {
  return sortJobs(jobs).cycles.map(cycle => ({
    code: 'NEED_CYCLE',
    job: cycle[0]!,
    need: jobs.find(({ name }) => name === cycle[0])!.needs.indexOf(cycle[1] ?? cycle[0]!),
    message: `These jobs need each other: ${[...cycle, cycle[0]].join(' → ')}`,
    hint: 'take one of these needs out',
  }))
}
