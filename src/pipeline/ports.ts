import type {
  AttemptId,
  CommitId,
  Digest,
  Instant,
  JobId,
  Json,
  PipelineId,
  PrincipalId,
  ProjectId,
  PushId,
} from '../core/index.ts'
import type { TriggerFacts } from './dialects/types.ts'
import type { JobNow } from './scheduling/view.ts'
import type { AttemptState, JobState, PipelineState, PushState } from './states.ts'
import type { PushOptions } from './triggers/push-options.ts'
import type { FailureCause, GivenInputs, Plan, PlannedJob, ReportKind } from './types.ts'

export type * from './delivery/ports.ts'
export type { TriggerFacts } from './dialects/types.ts'
export type { JobNow } from './scheduling/view.ts'
export type * from './triggers/ports.ts'
export type { PushOptions } from './triggers/push-options.ts'

export interface RefChange {
  readonly ref: string
  /** 40 zeros where the ref is made. */
  readonly before: CommitId
  /** 40 zeros where it is deleted. */
  readonly after: CommitId
}

export interface Push {
  readonly id: PushId
  readonly project: ProjectId
  readonly principal: PrincipalId
  readonly state: PushState
  readonly changes: readonly RefChange[]
  /** What it asks of its pipelines; absent: nothing. */
  readonly options?: PushOptions
  readonly createdAt: Instant
}

export interface Pipeline {
  readonly id: PipelineId
  readonly project: ProjectId
  /** 1, 2, 3 … within its project. */
  readonly number: number
  readonly commit: CommitId
  /** `refs/heads/main`. */
  readonly ref: string
  /** First line of the commit's message. */
  readonly title: string
  readonly push?: PushId
  readonly principal: PrincipalId
  readonly state: PipelineState
  /** Compiled configuration (`config/`'s ModelRepository) as JSON, so that a later release reads the same. */
  readonly config: Json
  /** Diagnostics or the reason why it has no jobs. */
  readonly problems: readonly string[]
  /** The occasion; absent on pipelines from before other events than a push were known. */
  readonly trigger?: TriggerFacts
  /** What its plan says beside the jobs. */
  readonly outline?: Omit<Plan, 'jobs'>
  /** The job that made it. */
  readonly parent?: JobId
  readonly createdAt: Instant
  readonly endedAt?: Instant
}

export interface Job {
  readonly id: JobId
  readonly pipeline: PipelineId
  readonly position: number
  readonly plan: PlannedJob
  readonly state: JobState
  /** Why it waits, failed, was skipped: one line for people. */
  readonly reason?: string
  /** What it found: gate results, figures, the version or rollout it made. */
  readonly result?: Json
  /** When it starts by itself, while it waits for that. */
  readonly due?: Instant
  /** It failed with an exit code that its plan allows. */
  readonly forgiven?: boolean
  /** Given by whoever started it. */
  readonly variables?: Readonly<Record<string, string>>
  /** Of its plan's inputs, those that are not the defaults. */
  readonly inputs?: GivenInputs
  readonly startedAt?: Instant
  readonly endedAt?: Instant
}

export interface KeptFile {
  readonly path: string
  readonly digest: Digest
  readonly size: number
  readonly executable: boolean
  /** Kept because a report is in it: later jobs don't find it in their workspace. */
  readonly reportOnly?: boolean
  /** An empty folder, and no file. */
  readonly folder?: boolean
}

/** What an attempt has kept, and for which project. */
export interface Keeping {
  readonly attempt: AttemptId
  readonly project: ProjectId
  readonly artifacts: readonly KeptFile[]
}

/** A kept file that is also read. */
export interface KeptReport {
  readonly kind: ReportKind
  /** Of one of the artifacts. */
  readonly path: string
}

export interface Attempt {
  readonly id: AttemptId
  readonly job: JobId
  /** 1, 2 … within its job. */
  readonly number: number
  readonly state: AttemptState
  readonly runner: string
  /** Fencing number: grows with every lease given; a result under a smaller one is refused. */
  readonly fence: number
  readonly leaseUntil: Instant
  /** SHA-256 of the token that reaches only this attempt. */
  readonly tokenHash: string
  readonly exitCode?: number
  readonly reason?: string
  /** Why it did not succeed. */
  readonly cause?: FailureCause
  readonly artifacts: readonly KeptFile[]
  readonly reports?: readonly KeptReport[]
  /** Labels of its runner as it took the job. */
  readonly runnerLabels?: readonly string[]
  /** From then on its artifacts may go. */
  readonly keepUntil?: Instant
  /** Of what its result depends on: where it is the same, its result may be taken. */
  readonly reuseKey?: string
  readonly sandboxed: boolean
  readonly logBytes: number
  readonly createdAt: Instant
  readonly startedAt?: Instant
  readonly endedAt?: Instant
}

export interface JobChange {
  readonly now: Instant
  readonly reason?: string
  readonly result?: Json
  readonly due?: Instant
  readonly forgiven?: boolean
  readonly variables?: Readonly<Record<string, string>>
  readonly inputs?: GivenInputs
}

/** `moveJob`, as one of many. */
export interface JobStep {
  readonly id: JobId
  readonly from: JobState
  readonly to: JobState
  readonly change: JobChange
}

/** What a project has and what it waits for. */
export interface ReadyShare {
  readonly project: ProjectId
  /** Attempts that run now. */
  readonly live: number
  /** With ready jobs, oldest first. */
  readonly pipelines: readonly PipelineId[]
}

export interface AttemptChange {
  readonly now: Instant
  readonly exitCode?: number
  readonly reason?: string
  readonly cause?: FailureCause
  readonly artifacts?: readonly KeptFile[]
  readonly reports?: readonly KeptReport[]
  readonly keepUntil?: Instant
  readonly logBytes?: number
  readonly sandboxed?: boolean
}

/**
 * The journal of pushes, pipelines, jobs and attempts. Each call is one transaction. State changes go through
 * `moveX(id, from, to, …)`: compare and set, false when the thing was no longer in `from`, and a StateError
 * for a step that the transition table does not have.
 */
export interface PipelineStore {
  addPush(push: Push): Promise<void>
  push(id: PushId): Promise<Push | undefined>
  pushesIn(state: PushState): Promise<readonly Push[]>
  movePush(id: PushId, from: PushState, to: PushState): Promise<boolean>

  /**
   * Adds a pipeline with its jobs; gives the number. Exactly once for each (push, ref): the second time it
   * returns the pipeline that is there and adds nothing. `jobs` may depend on the number.
   */
  addPipeline(
    pipeline: Omit<Pipeline, 'number'>,
    jobs: readonly Job[] | ((number: number) => readonly Job[]),
  ): Promise<Pipeline>
  pipeline(id: PipelineId): Promise<Pipeline | undefined>
  pipelineByNumber(project: ProjectId, number: number): Promise<Pipeline | undefined>
  pipelines(
    project: ProjectId | undefined,
    page: { readonly before?: PipelineId; readonly limit: number },
  ): Promise<readonly Pipeline[]>
  pipelinesIn(state: PipelineState): Promise<readonly Pipeline[]>
  pipelinesOfPush(push: PushId): Promise<readonly Pipeline[]>
  movePipeline(id: PipelineId, from: PipelineState, to: PipelineState, now: Instant): Promise<boolean>
  /** Those that run for a ref, oldest first. */
  runningOfRef(project: ProjectId, ref: string): Promise<readonly Pipeline[]>
  /** Those of a ref that were made before an instant, newest first. */
  pipelinesOfRef(
    project: ProjectId,
    ref: string,
    page: { readonly before: Instant; readonly limit: number },
  ): Promise<readonly Pipeline[]>
  /** Those that a job has made, oldest first. */
  pipelinesOfParent(job: JobId): Promise<readonly Pipeline[]>
  /** How many pipelines come from the one that this comes from, down all lines, with both. */
  familySize(id: PipelineId): Promise<number>

  job(id: JobId): Promise<Job | undefined>
  jobs(pipeline: PipelineId): Promise<readonly Job[]>
  /** The states of a pipeline's jobs (or of these of them) by position: what changes, without what never does. */
  jobStates(
    pipeline: PipelineId,
    only?: readonly JobId[],
  ): Promise<readonly (JobNow & { readonly id: JobId })[]>
  /** Oldest pipeline first (by id: ids sort by creation), then position. */
  jobsIn(state: JobState, limit?: number): Promise<readonly Job[]>
  /** Projects with ready jobs, in the order of their oldest pipeline that has some. */
  readyShares(): Promise<readonly ReadyShare[]>
  /** Ready jobs of a pipeline in their order, behind a position. */
  readyJobs(
    pipeline: PipelineId,
    page: { readonly after: number | undefined; readonly limit: number },
  ): Promise<readonly Job[]>
  /** Jobs of a resource group of the project that have not ended, oldest first. */
  jobsInGroup(
    project: ProjectId,
    group: string,
  ): Promise<readonly Pick<Job, 'id' | 'pipeline' | 'position' | 'state'>[]>
  /** Waiting jobs that start by themselves, whose time has come. */
  dueJobs(now: Instant): Promise<readonly Job[]>
  moveJob(id: JobId, from: JobState, to: JobState, change: JobChange): Promise<boolean>
  /** Many at once, in one transaction; which of them moved. */
  moveJobs(steps: readonly JobStep[]): Promise<readonly boolean[]>
  /** Says why a job is still in `state`; nothing when it no longer is. */
  explainJob(id: JobId, state: JobState, reason: string): Promise<boolean>

  /** Claims a ready job: job ready -> running and the new attempt, in one transaction. False when it was taken. */
  claim(job: JobId, attempt: Attempt): Promise<boolean>
  /** A fencing number greater than every one that this store gave before, here or before a restart. */
  nextFence(): Promise<number>
  attempt(id: AttemptId): Promise<Attempt | undefined>
  attemptByToken(tokenHash: string): Promise<Attempt | undefined>
  attempts(job: JobId): Promise<readonly Attempt[]>
  /** The latest that succeeded with this key. */
  reusable(key: string): Promise<Attempt | undefined>
  attemptsIn(states: readonly AttemptState[]): Promise<readonly Attempt[]>
  /** Attempts with files that had not expired by then, by id; those behind `after`. */
  keeping(
    at: Instant,
    page: { readonly after: AttemptId | undefined; readonly limit: number },
  ): Promise<readonly Keeping[]>
  renew(id: AttemptId, fence: number, leaseUntil: Instant): Promise<boolean>
  moveAttempt(id: AttemptId, from: AttemptState, to: AttemptState, change: AttemptChange): Promise<boolean>
  /**
   * Ends an attempt and moves its running job, in one transaction: no job is ended whose attempt, with the files
   * that it kept, is not. False, and nothing moves, when the attempt was no longer in `from`; a job that is no
   * longer running stays as it is.
   */
  endAttempt(
    id: AttemptId,
    from: AttemptState,
    to: AttemptState,
    change: AttemptChange,
    job: { readonly id: JobId; readonly to: JobState; readonly change: JobChange },
  ): Promise<boolean>
}
