import type { Milliseconds } from '../../../core/index.ts'
import type { PlannedJob } from '../../../pipeline/index.ts'

/** What a job counts for that never ran here: long enough that a chain of such jobs goes before a single one. */
const UNKNOWN_MS = 1000

/**
 * How long each job and the longest chain of jobs behind it takes, by earlier runs: where places are few, the one
 * with most behind it goes first. `jobs` is sorted, as a plan has them.
 */
export function chainLengths(
  jobs: readonly PlannedJob[],
  stages: readonly string[],
  known: ReadonlyMap<string, Milliseconds>,
): ReadonlyMap<string, Milliseconds> {
  const lengths = new Map<string, Milliseconds>()
  const behind = new Map<string, Milliseconds>()
  const byStage: Milliseconds[] = stages.map(() => 0)
  const after = stagesBehind(stages, jobs)
  for (const job of jobs.toReversed()) {
    const place = stages.indexOf(job.stage ?? '')
    const byNeeds = behind.get(job.name) ?? 0
    const byOrder = place < 0 ? 0 : Math.max(0, ...after(place).map(later => byStage[later]!))
    const length = (known.get(job.name) ?? UNKNOWN_MS) + Math.max(byNeeds, byOrder)
    lengths.set(job.name, length)
    for (const need of job.needs) behind.set(need, Math.max(behind.get(need) ?? 0, length))
    if (place >= 0 && job.order === 'stages') byStage[place] = Math.max(byStage[place]!, length)
  }
  return lengths
}

/** The stages that wait for one: the next that has jobs in it. */
function stagesBehind(
  stages: readonly string[],
  jobs: readonly PlannedJob[],
): (place: number) => readonly number[] {
  const used = stages
    .map((_, place) => place)
    .filter(place => jobs.some(job => job.order === 'stages' && job.stage === stages[place]))
  return place => used.filter(later => later > place).slice(0, 1)
}
