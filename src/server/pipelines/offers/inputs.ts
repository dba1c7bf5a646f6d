import type { Job, KeptFile, Pipeline } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'

/** Where stages hand evaluations on, in the workspace. */
const HANDOVER = '.ballast/'

/** A job that comes before another, and what its latest attempt of those that count has kept. */
interface Earlier {
  readonly job: Job
  readonly artifacts: readonly KeptFile[]
}

/**
 * Files kept by jobs that come before this one, nearest last, so that a nearer job's file wins: of those that its
 * plan names as inputs, else of all of them.
 */
export async function inputFiles(
  plane: Pick<ControlPlane, 'stores' | 'clock'>,
  pipeline: Pipeline,
  job: Job,
): Promise<readonly KeptFile[]> {
  const byPath = new Map<string, KeptFile>()
  for (const { job: earlier, artifacts } of await kept(plane, pipeline, job, job.plan.inputs)) {
    for (const file of artifacts) {
      // What stages hand on to each other comes from stages alone: no job of a user writes evidence.
      if (file.reportOnly) continue
      if (file.path.startsWith(HANDOVER) && earlier.plan.work.kind !== 'stage') continue
      byPath.set(file.path, file)
    }
  }
  return [...byPath.values()]
}

/** Kept dotenv reports for this job, nearest last. */
export async function variableReports(
  plane: Pick<ControlPlane, 'stores' | 'clock'>,
  pipeline: Pipeline,
  job: Job,
): Promise<readonly KeptFile[]> {
  const from = job.plan.variablesFrom ?? job.plan.inputs
  const found = await kept(plane, pipeline, job, from, 'dotenv')
  return found.flatMap(({ artifacts }) => artifacts)
}

async function kept(
  { stores, clock }: Pick<ControlPlane, 'stores' | 'clock'>,
  pipeline: Pipeline,
  job: Job,
  named: readonly string[] | undefined,
  report?: 'dotenv',
): Promise<readonly Earlier[]> {
  const all = await stores.pipelines.jobs(pipeline.id)
  const before = named ? new Set(named) : comesBefore(job, all, pipeline.outline?.stages ?? [])
  const found: Earlier[] = []
  for (const earlier of all) {
    if (!before.has(earlier.plan.name) || earlier.id === job.id || !keepsAnything(earlier)) continue
    // A failed job's files are there as well, where its rules keep them.
    const last = (await stores.pipelines.attempts(earlier.id)).findLast(
      ({ state, artifacts }) => state === 'succeeded' || (state === 'failed' && artifacts.length > 0),
    )
    if (!last || (last.keepUntil !== undefined && last.keepUntil <= clock.now())) continue
    const paths =
      report && new Set(last.reports?.filter(({ kind }) => kind === report).map(({ path }) => path))
    found.push({ job: earlier, artifacts: last.artifacts.filter(({ path }) => paths?.has(path) ?? true) })
  }
  return found
}

function keepsAnything({ plan: { artifacts, artifactRules } }: Job): boolean {
  return artifacts.length > 0 || artifactRules !== undefined
}

/** Names: all jobs of earlier stages, or those that it needs, directly or (of ballast.yaml) not. */
function comesBefore(job: Job, jobs: readonly Job[], stages: readonly string[]): ReadonlySet<string> {
  const { order, stage, needs } = job.plan
  if (order === 'dag') return new Set(needs)
  const found = ancestors(job, jobs)
  if (order !== 'stages') return found
  const place = (name: string | undefined) => (name === undefined ? stages.length : stages.indexOf(name))
  const earlier = jobs.filter(({ plan }) => place(plan.stage) < place(stage)).map(({ plan }) => plan.name)
  return new Set([...found, ...earlier])
}

function ancestors(job: Job, jobs: readonly Job[]): ReadonlySet<string> {
  const byName = new Map(jobs.map(other => [other.plan.name, other]))
  const found = new Set(job.plan.needs)
  // A set hands out what is added to it while it is gone through.
  for (const name of found) for (const need of byName.get(name)?.plan.needs ?? []) found.add(need)
  return found
}
