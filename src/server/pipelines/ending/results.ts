import type { Finish, ReportSummaries, StageResult } from '../../../api/index.ts'
import type { Json } from '../../../core/index.ts'
import type { Job } from '../../../pipeline/index.ts'

/** What a job found, as it is kept in the journal. */
export type JobResult =
  | {
      readonly kind: 'stage'
      readonly result: StageResult
      readonly version?: { readonly id: string; readonly number: number }
    }
  | { readonly kind: 'deploy'; readonly rollout: string; readonly lines: readonly string[] }
  /** Coverage in percent, as the job's log tells it; what its reports say. */
  | { readonly kind: 'script'; readonly coverage?: number; readonly reports?: ReportSummaries }
  /** Id of the pipeline that it made. */
  | { readonly kind: 'trigger'; readonly pipeline: string }

/** What a script job found, if anything. Variables are not in it: later jobs read them from the kept report. */
export function scriptResult(
  { reportSummaries }: Pick<Finish, 'reportSummaries'>,
  coverage: number | undefined,
): JobResult | undefined {
  const { variables: _, ...reports } = reportSummaries ?? {}
  const hasReports = Object.keys(reports).length > 0
  if (coverage === undefined && !hasReports) return undefined
  return { kind: 'script', ...(coverage !== undefined && { coverage }), ...(hasReports && { reports }) }
}

export function storeResult(result: JobResult): Json {
  return JSON.parse(JSON.stringify(result)) as Json
}

export function resultOf(job: Job): JobResult | undefined {
  const result = job.result as unknown
  return typeof result === 'object' && result !== null && 'kind' in result ? (result as JobResult) : undefined
}

/** The result of the latest stage of this kind among a pipeline's jobs. */
export function stageResult(
  jobs: readonly Job[],
  stage: StageResult['stage'],
): Extract<JobResult, { kind: 'stage' }> | undefined {
  for (const job of jobs) {
    const result = resultOf(job)
    if (result?.kind === 'stage' && result.result.stage === stage) return result
  }
  return undefined
}
