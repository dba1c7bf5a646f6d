import type { AttemptView, GateView, JobView, PipelineSummary, PipelineView } from '../../api/index.ts'
import { isoOf } from '../../core/index.ts'
import { type Gate, higherIsBetter } from '../../evaluate/index.ts'
import type { Attempt, Job, Pipeline } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import type { AttemptLogs } from '../pipelines/logs.ts'
import { resultOf } from '../pipelines/results.ts'
import { isoOrNull } from './times.ts'

export async function summaryOf(plane: ControlPlane, pipeline: Pipeline): Promise<PipelineSummary> {
  return summary(plane, pipeline, await plane.stores.pipelines.jobs(pipeline.id))
}

async function summary(
  { stores }: ControlPlane,
  pipeline: Pipeline,
  jobs: readonly Job[],
): Promise<PipelineSummary> {
  const project = await stores.access.project(pipeline.project)
  const principal = await stores.access.principal(pipeline.principal)
  return {
    id: pipeline.id,
    number: pipeline.number,
    project: project?.name ?? pipeline.project,
    commit: pipeline.commit,
    ref: pipeline.ref,
    title: pipeline.title,
    by: principal?.name ?? pipeline.principal,
    state: pipeline.state,
    waiting: jobs.some(job => job.state === 'waiting'),
    createdAt: isoOf(pipeline.createdAt),
    endedAt: isoOrNull(pipeline.endedAt),
  }
}

export async function pipelineViewOf(
  plane: ControlPlane,
  logs: AttemptLogs,
  pipeline: Pipeline,
): Promise<PipelineView> {
  const jobs = await plane.stores.pipelines.jobs(pipeline.id)
  return {
    ...(await summary(plane, pipeline, jobs)),
    problems: [...pipeline.problems],
    jobs: await Promise.all(jobs.map(job => jobViewOf(plane, logs, job))),
  }
}

export async function jobViewOf(plane: ControlPlane, logs: AttemptLogs, job: Job): Promise<JobView> {
  const attempts = await plane.stores.pipelines.attempts(job.id)
  const result = resultOf(job)
  const stage = result?.kind === 'stage' ? result.result : undefined
  const rollout = job.plan.work.kind === 'deploy' ? await plane.stores.rollouts.byJob(job.id) : undefined
  const { work } = job.plan
  return {
    id: job.id,
    name: job.plan.name,
    kind: work.kind,
    detail: work.kind === 'stage' ? work.stage : work.kind === 'deploy' ? work.environment : null,
    needs: [...job.plan.needs],
    state: job.state,
    allowFailure: job.plan.allowFailure,
    reason: job.reason ?? null,
    verdict: stage?.verdict ?? null,
    summary: [...(stage?.summary ?? (result?.kind === 'deploy' ? result.lines : []))],
    gates: gatesOf(stage?.records['gates']),
    version: result?.kind === 'stage' ? (result.version?.id ?? null) : null,
    rollout: rollout?.id ?? null,
    awaitsApproval:
      job.state === 'waiting' && ((work.kind === 'deploy' && rollout === undefined) || work.kind === 'stage'),
    attempts: await Promise.all(attempts.map(attempt => attemptViewOf(logs, attempt))),
    startedAt: isoOrNull(job.startedAt),
    endedAt: isoOrNull(job.endedAt),
  }
}

async function attemptViewOf(logs: AttemptLogs, attempt: Attempt): Promise<AttemptView> {
  return {
    id: attempt.id,
    number: attempt.number,
    state: attempt.state,
    runner: attempt.runner,
    sandboxed: attempt.sandboxed,
    exitCode: attempt.exitCode ?? null,
    reason: attempt.reason ?? null,
    logBytes: await logs.length(attempt.id),
    artifacts: attempt.artifacts.map(({ path, digest, size }) => ({ path, digest, size })),
    startedAt: isoOrNull(attempt.startedAt),
    endedAt: isoOrNull(attempt.endedAt),
  }
}

/** The gates record is what the gate stage wrote: results with their gate. */
function gatesOf(record: unknown): GateView[] {
  if (!Array.isArray(record)) return []
  return record.map(
    ({ gate, ...result }) =>
      ({ ...result, text: gate.text, metric: gate.metric, limit: limitOf(gate) }) as GateView,
  )
}

/** A margin is how much worse it may be: below production where more is better, above where less is. */
function limitOf(gate: Gate): number {
  if (gate.kind === 'threshold') return gate.value
  return higherIsBetter(gate.metric) ? -gate.margin : gate.margin
}
