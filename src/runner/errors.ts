import { BallastError } from '../core/index.ts'

export type RunnerErrorCode =
  /** Neither bubblewrap nor another uid works here, and running without a sandbox was not asked for. */
  | 'SANDBOX_UNAVAILABLE'
  /** A job asks for what this runner's executor can't give: no network, a read-only root. */
  | 'CONFINEMENT_UNSUPPORTED'
  /** No container engine works here, and the runner was told to run jobs in containers. */
  | 'ENGINE_UNAVAILABLE'
  | 'IMAGE_UNAVAILABLE'
  /** A service of a job did not start. */
  | 'SERVICE_FAILED'
  /** Another runner works in the same folder. */
  | 'RUNNER_ALREADY_RUNNING'
  /** The control plane could not be reached, or answered 5xx. Tried again. */
  | 'CONTROL_PLANE_UNREACHABLE'
  /** The control plane answered that this request is no good: trying again would not help. */
  | 'CONTROL_PLANE_REFUSED'
  /** The attempt is no longer ours: another runner may have it. */
  | 'LEASE_LOST'
  /** The archive of a commit's files is damaged or hostile. */
  | 'SOURCE_INVALID'
  | 'SOURCE_TOO_LARGE'
  /** A kept file of an earlier job can't be laid into the workspace. */
  | 'INPUT_INVALID'
  | 'BLOB_DIGEST_MISMATCH'
  /** The commit names files that Git LFS keeps, and the server never received them. */
  | 'LFS_OBJECT_MISSING'
  | 'ARTIFACT_MISSING'
  | 'ARTIFACTS_TOO_LARGE'
  /** Twice as much as a store of contents may hold is in use at once. */
  | 'STORE_FULL'
  /** A report that later jobs depend on can't be read. */
  | 'REPORT_INVALID'
  /** What a stage wrote is not a result. */
  | 'STAGE_RESULT_INVALID'

export class RunnerError extends BallastError<RunnerErrorCode> {}
