import type { Location } from '../../../../../core/index.ts'
import { quote } from '../../../../yaml/located.ts'
import type { Dependency } from '../../keywords/job/order/dependencies.ts'
import type { WrittenConfig, WrittenJob } from '../../keywords/read.ts'
import type { KeywordFindings } from '../../keywords/reader/findings.ts'
import type { Instance } from '../instances.ts'
import { stageOf, stagesOf } from '../stages.ts'

interface Known {
  readonly stages: readonly string[]
  /** By their names, and by those of the jobs that `parallel` makes of them. */
  readonly jobs: ReadonlyMap<string, WrittenJob>
  readonly names: readonly string[]
  readonly place: ReadonlyMap<string, number>
}

/** Stages, needs and dependencies name what is there, and what is there comes before. */
export function checkOrder(
  config: WrittenConfig,
  instances: readonly Instance[],
  findings: KeywordFindings,
): void {
  const stages = stagesOf(config)
  const known: Known = {
    stages,
    jobs: new Map([
      ...instances.map(({ name, job }) => [name, job] as const),
      ...config.jobs.map(job => [job.name, job] as const),
    ]),
    names: config.jobs.map(({ name }) => name),
    place: new Map(stages.map((stage, index) => [stage, index])),
  }
  for (const job of config.jobs) {
    checkStage(job, known, findings)
    checkNeeds(job, known, findings)
    // Without needs it gets nothing, and GitLab has no objection.
    if (job.keys.needs?.jobs?.length === 0) tellNothing(job, findings)
    else checkDependencies(job, known, findings)
    checkSources(job, known, findings)
  }
}

function checkStage(job: WrittenJob, { stages, place }: Known, findings: KeywordFindings): void {
  const stage = stageOf(job)
  if (place.has(stage)) return
  const { hint = `there are ${stages.join(', ').slice(0, 200)}` } = findings.nearest(stage, stages)
  const message = `Job ${quote(job.name)} is in the stage ${quote(stage)}, and there is no such stage`
  findings.error(job.keys.stage?.at ?? job.at, 'STAGE_UNKNOWN', message, { hint })
}

function checkNeeds(job: WrittenJob, known: Known, findings: KeywordFindings): void {
  const all = [job.keys.needs, ...(job.keys.rules ?? []).map(rule => rule.needs)].flatMap(
    needs => needs?.jobs ?? [],
  )
  for (const need of all) {
    const other = findJob(need, job, known, findings, 'NEED_UNKNOWN', 'needs')
    if (!other || !isLater(other, job, known)) continue
    const message = `Job ${quote(job.name)} needs ${quote(need.job)}, which is in the later stage ${quote(stageOf(other))}`
    findings.error(need.at, 'NEED_LATER_STAGE', message)
  }
}

/** A child pipeline's file is kept by a job that has ended by then. */
function checkSources(job: WrittenJob, known: Known, findings: KeywordFindings): void {
  const target = job.keys.trigger?.target
  const at = job.keysAt.get('trigger') ?? job.at
  for (const source of target?.kind === 'child' ? target.sources : []) {
    if (source.kind !== 'artifact') continue
    const other = findJob({ job: source.job, at }, job, known, findings, 'NEED_UNKNOWN', 'runs a file of')
    const needed = job.keys.needs?.jobs?.some(need => need.job === source.job) ?? false
    if (!other || needed || difference(other, job, known) < 0) continue
    const message = `Job ${quote(job.name)} runs a file of ${quote(other.name)}, which does not come before it`
    const hint = `add 'needs: [${other.name.slice(0, 60)}]'`
    findings.error(at, 'DEPENDENCY_NOT_BEFORE', message, { hint })
  }
}

function checkDependencies(job: WrittenJob, known: Known, findings: KeywordFindings): void {
  const needed = job.keys.needs?.jobs && new Set(job.keys.needs.jobs.map(need => need.job))
  for (const dependency of job.keys.dependencies ?? []) {
    const other = findJob(dependency, job, known, findings, 'DEPENDENCY_UNKNOWN', 'takes the artifacts of')
    if (!other) continue
    if (needed && !needed.has(other.name) && !needed.has(dependency.job)) {
      const message = `Job ${quote(job.name)} takes the artifacts of ${quote(other.name)} and does not need it`
      const hint = "a job with 'needs' gets artifacts from these alone"
      findings.error(dependency.at, 'DEPENDENCY_NOT_BEFORE', message, { hint })
    } else if (!needed) {
      tellStage(dependency, other, job, known, findings)
    }
  }
}

function tellNothing({ keys, name }: WrittenJob, findings: KeywordFindings): void {
  for (const { at } of keys.dependencies ?? []) {
    const message = `Job ${quote(name)} has 'needs: []', and takes no artifacts`
    findings.warn(at, 'DEPENDENCY_NOT_BEFORE', message, { hint: "name the job in 'needs'" })
  }
}

/** Of jobs in the same stage there are no artifacts yet, which GitLab passes over. */
function tellStage(
  { at }: Dependency,
  other: WrittenJob,
  job: WrittenJob,
  known: Known,
  findings: KeywordFindings,
): void {
  const message = `Job ${quote(job.name)} takes the artifacts of ${quote(other.name)}, which is in`
  const stage = difference(other, job, known)
  const hint = "use 'needs'"
  if (stage > 0) {
    findings.error(at, 'DEPENDENCY_NOT_BEFORE', `${message} the later stage ${quote(stageOf(other))}`)
  } else if (stage === 0) {
    findings.warn(at, 'DEPENDENCY_NOT_BEFORE', `${message} the same stage: it gets none`, { hint })
  }
}

function findJob(
  { job: name, at, optional }: { readonly job: string; readonly at: Location; readonly optional?: boolean },
  from: WrittenJob,
  { jobs, names }: Known,
  findings: KeywordFindings,
  code: 'NEED_UNKNOWN' | 'DEPENDENCY_UNKNOWN',
  what: string,
): WrittenJob | undefined {
  const job = jobs.get(name)
  if (job || optional) return job
  const message = `Job ${quote(from.name)} ${what} ${quote(name)}, and there is no such job`
  return findings.error(at, code, message, findings.nearest(name, names, from.name))
}

function isLater(other: WrittenJob, job: WrittenJob, known: Known): boolean {
  return difference(other, job, known) > 0
}

/** How many stages `other` comes after `job`; not a number where a stage is unknown. */
function difference(other: WrittenJob, job: WrittenJob, { place }: Known): number {
  return (place.get(stageOf(other)) ?? Number.NaN) - (place.get(stageOf(job)) ?? Number.NaN)
}
