import type { Job, KeptFile, Pipeline } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { filesFromElsewhere } from './elsewhere.ts'
import { lineOf } from './line.ts'

/** Where stages hand evaluations on, in the workspace. */
const HANDOVER = '.ballast/'

/** What an earlier job's latest attempt of those that count has kept. */
interface Kept {
  readonly byStage: boolean
  readonly files: readonly KeptFile[]
}

/**
 * Files kept by jobs that come before this one, nearest last, so that a nearer job's file wins: of those that its
 * plan names as inputs, else of all of them. Files of other pipelines lie below them. Throws INPUT_MISSING.
 */
export async function inputFiles(
  plane: Pick<ControlPlane, 'stores' | 'clock'>,
  pipeline: Pipeline,
  job: Job,
  expand: (text: string) => string,
): Promise<readonly KeptFile[]> {
  const byPath = new Map<string, KeptFile>()
  const elsewhere = { byStage: false, files: await filesFromElsewhere(plane, pipeline, job, expand) }
  for (const { byStage, files } of [elsewhere, ...(await kept(plane, pipeline, job, job.plan.inputs))]) {
    for (const file of files) {
      if (file.reportOnly) continue
      // What stages hand on to each other comes from stages alone: no job of a user writes evidence.
      if (file.path.startsWith(HANDOVER) && !byStage) continue
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
  return (await kept(plane, pipeline, job, from, 'dotenv')).flatMap(({ files }) => files)
}

async function kept(
  { stores, clock }: Pick<ControlPlane, 'stores' | 'clock'>,
  pipeline: Pipeline,
  job: Job,
  named: readonly string[] | undefined,
  report?: 'dotenv',
): Promise<readonly Kept[]> {
  const found: Kept[] = []
  for (const { id, isStage } of (await lineOf(stores.pipelines, pipeline)).before(job, named)) {
    // A failed job's files are there as well, where its rules keep them.
    const last = (await stores.pipelines.attempts(id)).findLast(
      ({ state, artifacts }) => state === 'succeeded' || (state === 'failed' && artifacts.length > 0),
    )
    if (!last || (last.keepUntil !== undefined && last.keepUntil <= clock.now())) continue
    const reports = last.reports?.filter(({ kind }) => kind === report).map(({ path }) => path)
    const files = report ? last.artifacts.filter(({ path }) => reports?.includes(path)) : last.artifacts
    found.push({ byStage: isStage, files })
  }
  return found
}
