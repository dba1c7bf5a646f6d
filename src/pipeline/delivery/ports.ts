import type {
  AttemptId,
  CommitId,
  EnvironmentDeploymentId,
  EnvironmentId,
  Instant,
  JobId,
  Json,
  PipelineId,
  PrincipalId,
  ProjectId,
  ReleaseId,
  RolloutId,
} from '../../core/index.ts'
import type { ReleaseRequest } from '../types.ts'

/** available: it was deployed to, and nothing has taken it down. stopping: its stop job is to run. */
export type EnvironmentState = 'available' | 'stopping' | 'stopped'

/** Where jobs' own scripts deploy to, and previews of models. Other environments of models are the rollouts'. */
export interface Environment {
  readonly id: EnvironmentId
  readonly project: ProjectId
  readonly name: string
  readonly slug: string
  readonly tier: string
  readonly url?: string
  readonly state: EnvironmentState
  /** That it was deployed from last: where this branch goes, it is stopped. */
  readonly ref: string
  /** The job that takes down what was deployed last. */
  readonly stopJob?: JobId
  /** It is stopped then. */
  readonly autoStopAt?: Instant
  /** Why it stops, has stopped, or could not be: one line for people. */
  readonly reason?: string
  /** While it stops: whether its job was set going. */
  readonly stopAsked: boolean
  /** The last one that succeeded. */
  readonly deployment?: EnvironmentDeploymentId
  /** It is a preview of this model: no script deploys there, and none takes it down. */
  readonly model?: string
  /** Grows with every change. */
  readonly revision: number
  readonly createdAt: Instant
  readonly updatedAt: Instant
}

/** A job that deployed there has ended: once for each attempt, or for each rollout of a preview. */
export interface EnvironmentDeployment {
  readonly id: EnvironmentDeploymentId
  readonly environment: EnvironmentId
  readonly attempt: AttemptId | RolloutId
  readonly job: JobId
  readonly pipeline: PipelineId
  readonly commit: CommitId
  readonly ref: string
  readonly by: PrincipalId
  readonly state: 'succeeded' | 'failed'
  readonly createdAt: Instant
}

/** A version of the project that a job has released, at a tag. */
export interface Release {
  readonly id: ReleaseId
  readonly project: ProjectId
  readonly tag: string
  readonly commit: CommitId
  readonly name: string
  readonly description: string
  readonly milestones: readonly string[]
  readonly links: ReleaseRequest['links']
  readonly releasedAt: Instant
  readonly createdAt: Instant
  readonly by: PrincipalId
  readonly pipeline: PipelineId
  readonly job: JobId
  /** Its tag was not there before it. */
  readonly madeTag: boolean
  /** pending: its tag may not be there yet. */
  readonly state: 'pending' | 'published'
}

/** A job whose script has succeeded and that succeeds once its release is made. */
export interface HeldJob {
  readonly job: JobId
  readonly attempt: AttemptId
  /** Of the job, for its end. */
  readonly result?: Json
  readonly createdAt: Instant
}

/** What keys sign: jobs' identity tokens, or the records of what was decided. */
export type KeyPurpose = 'identity' | 'records'

/** By which the server signs. One of each purpose is not retired. */
export interface SigningKey {
  /** Thumbprint of the public key (RFC 7638): the `kid` of what it signs. */
  readonly id: string
  readonly purpose: KeyPurpose
  /** JWK. */
  readonly publicKey: Readonly<Record<string, Json>>
  /** The private one, sealed. */
  readonly sealed: string
  readonly createdAt: Instant
  /** It signs nothing from then on. */
  readonly retiredAt?: Instant
}

/** What jobs' scripts deliver: environments, releases, and by what they show who they are. */
export interface DeliveryStore {
  environment(id: EnvironmentId): Promise<Environment | undefined>
  environmentByName(project: ProjectId, name: string): Promise<Environment | undefined>
  /** By name. */
  environments(project: ProjectId): Promise<readonly Environment[]>
  /** Available ones that were deployed from this ref last. */
  environmentsOfRef(project: ProjectId, ref: string): Promise<readonly Environment[]>
  /** Available ones whose time has come, the longest due first. */
  environmentsDue(now: Instant): Promise<readonly Environment[]>
  environmentsStopping(): Promise<readonly Environment[]>
  /**
   * Adds the environment (`from` absent) or replaces the one of that revision, with the deployment, in one step.
   * known: the deployment of that attempt is there, and nothing changes. moved on: the revision is another, or the name
   * is taken.
   */
  saveEnvironment(
    environment: Environment,
    from: number | undefined,
    deployment?: EnvironmentDeployment,
  ): Promise<'saved' | 'known' | 'moved on'>
  environmentDeployment(id: EnvironmentDeploymentId): Promise<EnvironmentDeployment | undefined>
  /** The latest first. */
  environmentDeployments(environment: EnvironmentId, limit: number): Promise<readonly EnvironmentDeployment[]>

  /** Again for the same job: the later attempt counts. */
  holdJob(held: HeldJob): Promise<void>
  heldJob(job: JobId): Promise<HeldJob | undefined>
  /** The oldest first. */
  heldJobs(): Promise<readonly HeldJob[]>
  letJobGo(job: JobId, attempt: AttemptId): Promise<void>

  /** False, and nothing is added, where the project has one at that tag. */
  addRelease(release: Release): Promise<boolean>
  publishRelease(id: ReleaseId): Promise<void>
  /** What a job has begun and not published. */
  pendingReleases(job: JobId): Promise<readonly Release[]>
  /** Only while it is pending. */
  dropRelease(id: ReleaseId): Promise<void>
  release(project: ProjectId, tag: string): Promise<Release | undefined>
  /** Published ones, the latest first; those before `before`. */
  releases(
    project: ProjectId,
    page: { readonly before?: ReleaseId; readonly limit: number },
  ): Promise<readonly Release[]>

  /** The oldest first. */
  signingKeys(purpose: KeyPurpose): Promise<readonly SigningKey[]>
  /** Adds one and retires `from` of its purpose (absent: there is none) with it. False where another one signs by now. */
  addSigningKey(key: SigningKey, from: string | undefined): Promise<boolean>
  removeSigningKey(id: string): Promise<void>
}
