import { sortJobs } from '../../../plan/order.ts'
import type { PlannedJob } from '../../../types.ts'
import { quote } from '../../../yaml/located.ts'
import type { WrittenConfig } from '../keywords/read.ts'
import type { KeywordFindings } from '../keywords/reader/findings.ts'
import type { DecidedJob } from './decided.ts'
import type { Instance } from './instances.ts'
import { plannedJob } from './job/job.ts'
import { type Population, resolveNeeds } from './needs.ts'
import { stageOf, stagesOf } from './stages.ts'

/** Names of one cycle that a message shows. */
const MAX_SHOWN = 10

export interface PlannedJobs {
  /** In an order in which each comes after what it waits for, and else by stage and as they are written. */
  readonly jobs: readonly PlannedJob[]
  /** Those that have jobs. */
  readonly stages: readonly string[]
}

/** The jobs that are in the pipeline, tied to each other. KeywordFindings tell what can't be. */
export function planJobs(
  config: WrittenConfig,
  decided: readonly DecidedJob[],
  instances: readonly Instance[],
  findings: KeywordFindings,
): PlannedJobs {
  const used = new Set(decided.map(({ instance }) => stageOf(instance.job)))
  const stages = stagesOf(config).filter(stage => used.has(stage))
  const place = new Map(stages.map((stage, index) => [stage, index]))
  const population = populationOf(decided, instances)
  const needs = resolveNeeds(decided, population, findings)
  const planned: PlannedJob[] = []
  for (const job of decided) {
    const own = needs.get(job.instance.name)
    planned.push(plannedJob(job, own, dependenciesOf(job, population), findings))
    // There is no plan any more, and no room for more of what is wrong.
    if (findings.full) return { jobs: [], stages }
  }
  const jobs = planned.toSorted((a, b) => place.get(a.stage!)! - place.get(b.stage!)!)
  const { sorted, cycles } = sortJobs(jobs)
  for (const cycle of cycles) tellCycle(cycle, decided, findings)
  return { jobs: sorted, stages }
}

function populationOf(decided: readonly DecidedJob[], instances: readonly Instance[]): Population {
  return {
    byJob: new Map<string, readonly Instance[]>([
      ...instances
        .filter(({ name, job }) => name !== job.name)
        .map((instance): [string, Instance[]] => [instance.name, [instance]]),
      ...Map.groupBy(instances, ({ job }) => job.name),
    ]),
    included: new Set(decided.map(({ instance }) => instance.name)),
  }
}

/**
 * Dependencies that are not in the pipeline have no artifacts, and nobody misses them. Those of the same stage count
 * for a job that needs them.
 */
function dependenciesOf(
  { instance, keys, needs }: DecidedJob,
  { byJob, included }: Population,
): readonly string[] | undefined {
  const own = stageOf(instance.job)
  const comesBefore = (other: Instance) => needs !== undefined || stageOf(other.job) !== own
  return keys.dependencies?.flatMap(({ job }) =>
    (byJob.get(job) ?? [])
      .filter(other => included.has(other.name) && comesBefore(other))
      .map(({ name }) => name),
  )
}

function tellCycle(
  cycle: readonly string[],
  decided: readonly DecidedJob[],
  findings: KeywordFindings,
): void {
  const first = decided.find(({ instance }) => instance.name === cycle[0])!
  const next = decided.find(({ instance }) => instance.name === (cycle[1] ?? cycle[0]))!
  const need = first.needs?.find(({ job }) => job === next.instance.job.name || job === next.instance.name)
  const shown = cycle.slice(0, MAX_SHOWN).map(quote)
  const rest = cycle.length > MAX_SHOWN ? [`… ${cycle.length - MAX_SHOWN} more`] : []
  const message = `These jobs need each other: ${[...shown, ...rest, quote(cycle[0]!)].join(' → ')}`
  const hint = 'take one of these needs out'
  findings.error(need?.at ?? first.instance.job.at, 'NEED_CYCLE', message, { hint })
}
