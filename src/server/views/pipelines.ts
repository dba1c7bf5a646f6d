import { setImmediate } from 'node:timers/promises'
import type {
  AttemptView,
  GateView,
  JobView,
  PipelineRef,
  PipelineSummary,
  PipelineView,
} from '../../api/index.ts'
import { isoOf, type Location } from '../../core/index.ts'
import { type Gate, higherIsBetter } from '../../evaluate/index.ts'
import {
  type Attempt,
  awaitsApproval,
  isPlayable,
  type Job,
  type Pipeline,
  jobViewOf as planViewOf,
} from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { type JobResult, resultOf } from '../pipelines/ending/results.ts'
import type { AttemptLogs } from '../pipelines/logs/logs.ts'
import { reportLines } from './reports.ts'
import { isoOrNull } from './times.ts'
import { optimizationViewOf } from './variants.ts'

/** More than these are read all at once. */
const MAX_READ_SINGLY = 20
/** Jobs that are looked up before others have their turn: a pipeline has up to 5,000. */
const AT_ONCE = 50

export async function summaryOf(plane: ControlPlane, pipeline: Pipeline): Promise<PipelineSummary> {
  return summary(plane, pipeline, await waitingJobs(plane, pipeline))
}

/** Lists have many pipelines, and a plan is long: of most none is read. */
async function waitingJobs(
  { stores: { pipelines } }: ControlPlane,
  { id, state }: Pipeline,
): Promise<readonly Job[]> {
  if (state !== 'running') return []
  const waiting = (await pipelines.jobStates(id)).filter(job => job.state === 'waiting')
  if (waiting.length > MAX_READ_SINGLY) return pipelines.jobs(id)
  return (await Promise.all(waiting.map(job => pipelines.job(job.id)))).flatMap(job => job ?? [])
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
    event: pipeline.trigger?.event ?? 'push',
    state: pipeline.state,
    // A manual job that may be left alone waits, and keeps nobody.
    waiting: pipeline.state === 'running' && jobs.some(job => job.state === 'waiting' && !mayBeLeft(job)),
    createdAt: isoOf(pipeline.createdAt),
    endedAt: isoOrNull(pipeline.endedAt),
  }
}

function mayBeLeft(job: Job): boolean {
  const { start, allowFailure } = planViewOf(job.plan, job)
  return start?.kind === 'manual' && allowFailure
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
    stages: [...(pipeline.outline?.stages ?? [])],
    excluded: (pipeline.outline?.excluded ?? []).map(({ name, at, reason }) => ({
      name,
      at: placeOf(at),
      reason,
    })),
    parent: await parentOf(plane, pipeline),
    jobs: await jobViewsOf(plane, logs, jobs),
  }
}

async function jobViewsOf(plane: ControlPlane, logs: AttemptLogs, jobs: readonly Job[]): Promise<JobView[]> {
  const views: JobView[] = []
  for (let at = 0; at < jobs.length; at += AT_ONCE) {
    if (at > 0) await setImmediate()
    const some = jobs.slice(at, at + AT_ONCE)
    views.push(...(await Promise.all(some.map(job => jobViewOf(plane, logs, job)))))
  }
  return views
}

export async function jobViewOf(plane: ControlPlane, logs: AttemptLogs, job: Job): Promise<JobView> {
  const attempts = await plane.stores.pipelines.attempts(job.id)
  const result = resultOf(job)
  const stage = result?.kind === 'stage' ? result.result : undefined
  const rollout = job.plan.work.kind === 'deploy' ? await plane.stores.rollouts.byJob(job.id) : undefined
  const { work } = job.plan
  const view = planViewOf(job.plan, job)
  return {
    id: job.id,
    name: job.plan.name,
    kind: work.kind,
    detail: work.kind === 'stage' ? work.stage : work.kind === 'deploy' ? work.environment : null,
    needs: [...job.plan.needs],
    stage: job.plan.stage ?? null,
    start: view.start?.kind ?? 'on_success',
    confirmation: (view.start?.kind === 'manual' ? view.start.confirmation : undefined) ?? null,
    inputs: inputsOf(job),
    why: job.plan.why ?? null,
    at: job.plan.at ? placeOf(job.plan.at) : null,
    state: job.state,
    allowFailure: view.allowFailure,
    reason: job.reason ?? null,
    verdict: stage?.verdict ?? null,
    summary: summaryLines(result),
    gates: gatesOf(stage?.records['gates']),
    optimization: optimizationViewOf(stage?.records['optimization']),
    version: result?.kind === 'stage' ? (result.version?.id ?? null) : null,
    rollout: rollout?.id ?? null,
    awaitsApproval:
      awaitsApproval(view) ||
      (job.state === 'waiting' &&
        ((work.kind === 'deploy' && rollout === undefined) || work.kind === 'stage')),
    playable: isPlayable(view),
    due: isoOrNull(job.due),
    coverage: (result?.kind === 'script' ? result.coverage : undefined) ?? null,
    reports: (result?.kind === 'script' ? result.reports : undefined) ?? null,
    children: work.kind === 'trigger' ? await childrenOf(plane, job) : [],
    attempts: await Promise.all(attempts.map(attempt => attemptViewOf(logs, attempt))),
    startedAt: isoOrNull(job.startedAt),
    endedAt: isoOrNull(job.endedAt),
  }
}

function inputsOf({ plan, inputs }: Job): JobView['inputs'] {
  return Object.entries(plan.jobInputs ?? {}).map(([name, { type, options, default: value }]) => {
    const given = inputs && Object.hasOwn(inputs, name) ? inputs[name]! : value
    return {
      name,
      type,
      value: typeof given === 'object' ? [...given] : given,
      options: options ? [...options] : null,
    }
  })
}

function summaryLines(result: JobResult | undefined): string[] {
  switch (result?.kind) {
    case 'stage':
      return [...result.result.summary]
    case 'deploy':
      return [...result.lines]
    case 'script':
      return reportLines(result.reports ?? {})
    default:
      return []
  }
}

async function childrenOf(plane: ControlPlane, job: Job): Promise<PipelineRef[]> {
  return Promise.all(
    (await plane.stores.pipelines.pipelinesOfParent(job.id)).map(child => refOf(plane, child)),
  )
}

async function refOf({ stores }: ControlPlane, pipeline: Pipeline): Promise<PipelineRef> {
  const project = await stores.access.project(pipeline.project)
  const { id, number, state } = pipeline
  return { id, number, state, project: project?.name ?? pipeline.project }
}

async function parentOf(plane: ControlPlane, { parent }: Pipeline): Promise<PipelineView['parent']> {
  const job = parent === undefined ? undefined : await plane.stores.pipelines.job(parent)
  const pipeline = job && (await plane.stores.pipelines.pipeline(job.pipeline))
  return pipeline ? { ...(await refOf(plane, pipeline)), job: job.plan.name } : null
}

function placeOf({ file, line, column }: Location): string {
  return `${file}:${line}:${column}`
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
    artifacts: attempt.artifacts
      .filter(({ folder }) => !folder)
      .map(({ path, digest, size }) => ({ path, digest, size })),
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
