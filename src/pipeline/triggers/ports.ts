import type {
  CommitId,
  HookId,
  Instant,
  MergeRequestId,
  PipelineId,
  PrincipalId,
  ProjectId,
  PushId,
  ScheduleId,
} from '../../core/index.ts'
import type { Push } from '../ports.ts'
import type { InputValue } from '../types.ts'

/** Starts a pipeline again and again, with the rights of its owner at that time. */
export interface Schedule {
  readonly id: ScheduleId
  readonly project: ProjectId
  readonly description: string
  /** Five fields, or a name such as `@daily`. */
  readonly cron: string
  /** Of the IANA database: `Europe/Berlin`. */
  readonly timeZone: string
  /** `refs/heads/main`. */
  readonly ref: string
  readonly variables: Readonly<Record<string, string>>
  readonly inputs: Readonly<Record<string, InputValue>>
  readonly owner: PrincipalId
  readonly active: boolean
  /** Absent while it is not active. */
  readonly nextRunAt?: Instant
  /** A run that was claimed, whose pipeline may not have been made yet. */
  readonly pending?: PushId
  /** The time that was due last, and what came of it: one line for people. */
  readonly lastRunAt?: Instant
  readonly lastOutcome?: string
  readonly createdAt: Instant
}

export type MergeRequestState = 'open' | 'merged' | 'closed'

/** A branch that is to become part of another. Its head is kept by `refs/merge-requests/<number>/head`. */
export interface MergeRequest {
  readonly id: MergeRequestId
  readonly project: ProjectId
  /** 1, 2, 3 … within its project. */
  readonly number: number
  readonly title: string
  readonly description: string
  /** Branches, without `refs/heads/`. */
  readonly source: string
  readonly target: string
  readonly state: MergeRequestState
  readonly head: CommitId
  readonly author: PrincipalId
  /** Merges only once the pipeline of its head has succeeded. */
  readonly needsSuccess: boolean
  readonly draft: boolean
  readonly labels: readonly string[]
  /** Of another forge, by a webhook: `github#12`. It is merged there. */
  readonly external?: string
  readonly mergeCommit?: CommitId
  readonly createdAt: Instant
  readonly endedAt?: Instant
}

export type Forge = 'github' | 'gitlab' | 'gitea'

/** Where a project's branches and tags come from: a repository on another forge. */
export interface Mirror {
  readonly project: ProjectId
  /** Part of the address that the forge calls. */
  readonly hook: HookId
  readonly forge: Forge
  /** Without credentials. */
  readonly url: string
  /** Of the forge's API, where it is not at its usual place. */
  readonly apiUrl?: string
  /** Sealed JSON of a user name and a token. */
  readonly credentials?: string
  /** Sealed. */
  readonly hookSecret: string
  /** Whether pipelines are told to the forge. */
  readonly statuses: boolean
  /** With whose rights refs move and pipelines run. */
  readonly owner: PrincipalId
  /** Greater than `done`: a synchronisation is due. */
  readonly wanted: number
  readonly done: number
  readonly syncedAt?: Instant
  /** What the last synchronisation came to. */
  readonly outcome?: string
  readonly createdAt: Instant
}

export interface Delivery {
  readonly hook: HookId
  /** The forge's own id of it. */
  readonly delivery: string
  /** Of its body. */
  readonly digest: string
  readonly event: string
  readonly receivedAt: Instant
}

export type ForgeState = 'pending' | 'running' | 'success' | 'failure' | 'canceled'

/** What a forge is to be told of a pipeline, and what it was told. */
export interface ForgeStatus {
  readonly pipeline: PipelineId
  readonly project: ProjectId
  readonly wanted: ForgeState
  readonly posted?: ForgeState
  /** In vain, since `wanted` changed. */
  readonly tries: number
  /** Absent: nothing is to be told, or it was given up. */
  readonly nextTryAt?: Instant
  readonly problem?: string
}

/** What starts pipelines beside a push. Each call is one transaction; `claim…` and `move…` compare and set. */
export interface TriggerStore {
  addSchedule(schedule: Schedule): Promise<void>
  schedule(id: ScheduleId): Promise<Schedule | undefined>
  /** Oldest first. */
  schedules(project: ProjectId): Promise<readonly Schedule[]>
  /** Active ones that are due at `now`, and those with a pending run; the longest due first. */
  dueSchedules(now: Instant): Promise<readonly Schedule[]>
  /** Everything but what its runs change, and the next run. A pending run stays. */
  changeSchedule(schedule: Schedule): Promise<void>
  removeSchedule(id: ScheduleId): Promise<boolean>
  /**
   * Takes a run: from `due` to `next`, with the push under which its pipeline is made. False when it is no longer
   * due then, not active, or another run is pending.
   */
  claimRun(id: ScheduleId, due: Instant, next: Instant | undefined, push: Push): Promise<boolean>
  /** Ends a pending run. */
  endRun(id: ScheduleId, push: PushId, outcome: string): Promise<boolean>

  /** Gives the number. Throws CONSTRAINT_VIOLATED for an `external` that is there. */
  addMergeRequest(request: Omit<MergeRequest, 'number'>): Promise<MergeRequest>
  mergeRequest(project: ProjectId, number: number): Promise<MergeRequest | undefined>
  externalMergeRequest(project: ProjectId, external: string): Promise<MergeRequest | undefined>
  /** Newest first. */
  mergeRequests(
    project: ProjectId,
    page: { readonly state?: MergeRequestState; readonly before?: number; readonly limit: number },
  ): Promise<readonly MergeRequest[]>
  /** Pipelines of this commit on one of these refs, the newest first. */
  pipelinesOf(
    project: ProjectId,
    commit: CommitId,
    refs: readonly string[],
  ): Promise<readonly { readonly id: PipelineId; readonly ref: string }[]>
  /** Of one project, or of all. */
  openMergeRequests(project?: ProjectId): Promise<readonly MergeRequest[]>
  /** Title, description, target, draft, labels and whether it needs success; of an open one. */
  changeMergeRequest(request: MergeRequest): Promise<boolean>
  /** False when its head was no longer `from`, or it is not open. */
  moveHead(id: MergeRequestId, from: CommitId, to: CommitId): Promise<boolean>
  moveMergeRequest(
    id: MergeRequestId,
    from: MergeRequestState,
    to: MergeRequestState,
    change: { readonly now: Instant; readonly mergeCommit?: CommitId },
  ): Promise<boolean>

  /** Replaces the project's; what was delivered and done stays where the hook is the same. */
  setMirror(mirror: Mirror): Promise<void>
  mirror(project: ProjectId): Promise<Mirror | undefined>
  mirrorByHook(hook: HookId): Promise<Mirror | undefined>
  mirrors(): Promise<readonly Mirror[]>
  removeMirror(project: ProjectId): Promise<boolean>
  /** Makes a synchronisation due. */
  wantSync(project: ProjectId): Promise<void>
  /** `wanted` as it was when the synchronisation began. */
  endSync(project: ProjectId, wanted: number, outcome: string, now: Instant): Promise<void>
  /** Whether its id is known, or one with the same body. */
  knowsDelivery(delivery: Pick<Delivery, 'hook' | 'delivery' | 'digest'>): Promise<boolean>
  /**
   * Remembers a delivery. `repeated`: its id is known, or another one had the same body. Forgets those from
   * before `forgetBefore`.
   */
  addDelivery(delivery: Delivery, forgetBefore: Instant): Promise<'new' | 'repeated'>

  /** Sets what is wanted, and makes it due where it is another than before. */
  wantStatus(status: Pick<ForgeStatus, 'pipeline' | 'project' | 'wanted'>, now: Instant): Promise<void>
  status(pipeline: PipelineId): Promise<ForgeStatus | undefined>
  dueStatuses(now: Instant, limit: number): Promise<readonly ForgeStatus[]>
  /** Nothing where another is wanted by now but that `posted` is remembered. */
  statusPosted(pipeline: PipelineId, posted: ForgeState): Promise<void>
  /** `nextTryAt` undefined: given up. Nothing where another is wanted by now. */
  statusFailed(
    pipeline: PipelineId,
    wanted: ForgeState,
    problem: string,
    nextTryAt: Instant | undefined,
  ): Promise<void>
}
