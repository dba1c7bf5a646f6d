import type { Principal, Project } from '../../../src/access/index.ts'
import {
  type Clock,
  type CommitId,
  digestOf,
  instant,
  newId,
  type PrincipalId,
  type ProjectId,
  type PushId,
} from '../../../src/core/index.ts'
import {
  type Attempt,
  commands,
  type Job,
  type Pipeline,
  type PlannedJob,
  type Push,
  type TriggerFacts,
} from '../../../src/pipeline/index.ts'
import type { Version } from '../../../src/registry/index.ts'
import type { StoredRollout } from '../../../src/rollout/index.ts'
import type { Stores } from '../../../src/storage/index.ts'

export interface StoresWorld {
  readonly stores: Stores
  close(): Promise<void>
}
export type OpenStores = (clock: Clock) => Promise<StoresWorld>

export const NOON = instant(Date.UTC(2026, 0, 1, 12))
export const later = (ms: number) => instant(NOON + ms)
export const COMMIT = 'c0ffee'.padEnd(40, '0') as CommitId

export function aPrincipal(change: Partial<Principal> = {}): Principal {
  const id = newId('principal')
  return { id, name: `ada-${id}`, kind: 'person', admin: false, createdAt: NOON, ...change }
}

export function aProject(change: Partial<Project> = {}): Project {
  const id = newId('project')
  return { id, name: `team/${id}`, defaultBranch: 'main', createdAt: NOON, ...change }
}

/** A project in the store, and somebody who works on it. */
export async function settle({
  access,
}: Stores): Promise<{ readonly project: ProjectId; readonly principal: PrincipalId }> {
  const [principal, project] = [aPrincipal(), aProject()]
  await access.addPrincipal(principal)
  await access.addProject(project)
  return { project: project.id, principal: principal.id }
}

type Home = { readonly project: ProjectId; readonly principal: PrincipalId }

export function aPush(home: Home, change: Partial<Push> = {}): Push {
  const changes = [{ ref: 'refs/heads/main', before: '0'.repeat(40) as CommitId, after: COMMIT }]
  return { id: newId('push'), ...home, state: 'received', changes, createdAt: NOON, ...change }
}

export function aPipeline(
  home: Home,
  change: Partial<Pipeline> & { readonly push?: PushId } = {},
): Omit<Pipeline, 'number'> {
  return {
    id: newId('pipeline'),
    ...home,
    commit: COMMIT,
    ref: 'refs/heads/main',
    title: "Fix the 'digits' model; drop table jobs",
    state: 'running',
    config: { model: { name: 'digits', labels: ['0', '1', '数字'] } },
    problems: [],
    createdAt: NOON,
    ...change,
  }
}

export function aPlannedJob(change: Partial<PlannedJob> = {}): PlannedJob {
  return {
    name: 'unit',
    work: commands(['npm test']),
    needs: [],
    env: { MODE: 'fast' },
    artifacts: ['out/**'],
    timeout: 60_000,
    retries: 0,
    allowFailure: false,
    ...change,
  }
}

export function aTrigger(change: Partial<TriggerFacts> = {}): TriggerFacts {
  return {
    event: 'push',
    ref: 'refs/heads/main',
    commit: 'c'.repeat(40),
    commitMessage: 'A commit',
    commitAuthor: 'Ada <ada@example.com>',
    commitTimestamp: '2026-01-01T12:00:00Z',
    protectedRef: true,
    principal: { id: 'pri_ada', name: 'ada' },
    variables: {},
    inputs: {},
    ...change,
  }
}

export function aJob(pipeline: Pick<Pipeline, 'id'>, change: Partial<Job> = {}): Job {
  return {
    id: newId('job'),
    pipeline: pipeline.id,
    position: 0,
    plan: aPlannedJob(),
    state: 'ready',
    ...change,
  }
}

export function anAttempt(job: Job, change: Partial<Attempt> = {}): Attempt {
  const id = newId('attempt')
  return {
    id,
    job: job.id,
    number: 1,
    state: 'leased',
    runner: 'runner-1',
    fence: 1,
    leaseUntil: later(20_000),
    tokenHash: `hash of ${id}`,
    artifacts: [],
    sandboxed: true,
    logBytes: 0,
    createdAt: NOON,
    ...change,
  }
}

/** A pipeline with one ready job, in the store. */
export async function aReadyJob(stores: Stores, home: Home, change: Partial<Job> = {}): Promise<Job> {
  const pipeline = aPipeline(home)
  const job = aJob(pipeline, change)
  await stores.pipelines.addPipeline(pipeline, [job])
  return job
}

export function aVersion(
  project: ProjectId,
  change: Partial<Version> & { readonly bytes?: string } = {},
): Omit<Version, 'number'> {
  const { bytes = 'weights', ...rest } = change
  const model = change.model ?? 'digits'
  const files = [{ name: 'model.onnx', digest: digestOf(bytes), size: bytes.length }]
  return {
    id: newId('version'),
    project,
    model,
    digest: digestOf(`${model} ${bytes}`),
    manifest: { model, commit: COMMIT, files, config: { labels: [] } },
    createdAt: NOON,
    ...rest,
  }
}

export function aRollout(
  candidate: Pick<Version, 'id' | 'project' | 'model'>,
  change: Partial<StoredRollout> = {},
): StoredRollout {
  const analysis = {
    errorMargin: 0.01,
    latencyMargin: 0.5,
    latencyQuantile: 0.95,
    confidence: 0.95,
    minRequests: 50,
  }
  return {
    id: newId('rollout'),
    project: candidate.project,
    model: candidate.model,
    environment: 'production',
    candidate: candidate.id,
    strategy: { kind: 'canary', steps: [{ weight: 0.05, hold: 0 }], analysis },
    phase: 'queued',
    step: 0,
    weight: 0,
    createdAt: NOON,
    stepStartedAt: NOON,
    by: 'ada',
    revision: 1,
    ...change,
  }
}
