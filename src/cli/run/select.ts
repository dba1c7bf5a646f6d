import { BallastError, nearestName } from '../../core/index.ts'
import type { Plan, PlannedJob } from '../../pipeline/index.ts'

export interface Selected {
  /** Names, or names without the values of a matrix; none: all. */
  readonly jobs: readonly string[]
  /** With what they need, directly or not. */
  readonly withNeeds: boolean
}

/**
 * The part of a plan that was asked for. A name stands for all jobs of a matrix of that name. What is left of a
 * job's needs and of its stages is what runs. Throws JOB_UNKNOWN.
 */
export function selectJobs(plan: Plan, { jobs: names, withNeeds }: Selected): Plan {
  if (names.length === 0) return plan
  const byName = new Map(plan.jobs.map(job => [job.name, job]))
  const wanted = new Set(names.flatMap(name => matching(plan, name)))
  // A set hands out what is added to it while it is gone through.
  if (withNeeds) for (const name of wanted) for (const need of byName.get(name)?.needs ?? []) wanted.add(need)
  const jobs = plan.jobs.filter(({ name }) => wanted.has(name))
  return { ...plan, jobs: jobs.map(job => alone(job, wanted)) }
}

function alone(job: PlannedJob, wanted: ReadonlySet<string>): PlannedJob {
  return { ...job, needs: job.needs.filter(need => wanted.has(need)) }
}

function matching(plan: Plan, name: string): readonly string[] {
  const found = plan.jobs.filter(job => job.name === name || isOfMatrix(job.name, name)).map(job => job.name)
  if (found.length > 0) return found
  const excluded = plan.excluded?.find(job => job.name === name)
  const near = nearestName(
    name,
    plan.jobs.map(job => job.name),
  )
  throw new BallastError('JOB_UNKNOWN', {
    message: excluded
      ? `'${name}' is not in this pipeline: ${excluded.reason}`
      : `There is no job '${name}' in this pipeline`,
    hint:
      near && !excluded
        ? `Did you mean '${near}'?`
        : '`ballast run --list` shows the jobs, and why each is in or out.',
  })
}

/** `test: [node, 24]` and `test 1/3` of `test`. */
function isOfMatrix(job: string, name: string): boolean {
  return (
    job.startsWith(`${name}: [`) ||
    (job.startsWith(`${name} `) && /^\d+\/\d+$/.test(job.slice(name.length + 1)))
  )
}
