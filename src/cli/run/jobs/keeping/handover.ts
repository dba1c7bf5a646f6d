import type { Plan, PlannedJob } from '../../../../pipeline/index.ts'

/** Names of the jobs whose kept files a job finds, in the order in which they are laid: later over earlier. */
export function sourcesOf(job: PlannedJob, plan: Plan): readonly string[] {
  return job.inputs ?? before(job, plan)
}

/** Names of the jobs whose variables (dotenv reports) it gets. */
export function variableSourcesOf(job: PlannedJob, plan: Plan): readonly string[] {
  return job.variablesFrom ?? sourcesOf(job, plan)
}

/** All that come before it: by needs, and by stages where it goes by them. */
function before(job: PlannedJob, { jobs, stages = [] }: Plan): readonly string[] {
  const byName = new Map(jobs.map(other => [other.name, other]))
  const found = new Set(job.needs)
  // A set hands out what is added to it while it is gone through.
  if (job.order === undefined)
    for (const name of found) for (const need of byName.get(name)?.needs ?? []) found.add(need)
  const places = new Map(stages.map((stage, place) => [stage, place]))
  const placeOf = ({ stage }: PlannedJob) => places.get(stage ?? '') ?? stages.length
  const isEarlier = (other: PlannedJob) => job.order === 'stages' && placeOf(other) < placeOf(job)
  return jobs.filter(other => found.has(other.name) || isEarlier(other)).map(({ name }) => name)
}
