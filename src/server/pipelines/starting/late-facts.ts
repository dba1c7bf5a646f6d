import type { Instant } from '../../../core/index.ts'
import { type Job, withLateValues } from '../../../pipeline/index.ts'

interface MadePipeline {
  readonly id: string
  readonly number: number
  readonly createdAt: Instant
  readonly serverUrl: string
}

/** A job of a dialect with the ids and numbers that its pipeline has now. */
export function withLateFacts(job: Job, { id, number, createdAt, serverUrl }: MadePipeline): Job {
  if (job.plan.dialect === undefined) return job
  const values: Readonly<Record<string, string>> = {
    CI_JOB_ID: job.id,
    CI_JOB_URL: `${serverUrl}/pipelines/${id}#job-${job.position}`,
    CI_PIPELINE_CREATED_AT: new Date(createdAt).toISOString(),
    CI_PIPELINE_ID: id,
    CI_PIPELINE_IID: `${number}`,
    CI_PIPELINE_URL: `${serverUrl}/pipelines/${id}`,
  }
  return { ...job, plan: withLateValues(job.plan, name => values[name]) }
}
