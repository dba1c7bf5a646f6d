import type { Instant, Location, Milliseconds } from '../core/index.ts'
import type { JobState } from './states.ts'

export const STAGES = ['scan', 'inspect', 'convert', 'evaluate', 'gate', 'optimize', 'register'] as const
/** Work on the model itself, by Ballast's own code: no user code runs in such an attempt. */
export type StageKind = (typeof STAGES)[number]

/** Accepted configuration languages beside ballast.yaml. */
export type DialectName = 'gitlab'

/**
 * Commands that run one after the other and what their failure means: a GitLab job is `script` and `after_script`;
 * Travis' `install` errs where its `script` fails and goes on; a post condition runs on one outcome alone.
 */
export interface Phase {
  /** `script`, `after_script`, `before_install` …: names its section of the log. */
  readonly name: string
  readonly steps: readonly string[]
  /** Whether a step that fails ends the phase, or the next one runs. The phase has failed either way. */
  readonly onFailure: 'stop' | 'continue'
  /** What a failed phase makes of the job. */
  readonly result: 'failed' | 'errored' | 'ignored'
  /** Runs when the job went well so far, when it has failed, or in any case. */
  readonly when: 'success' | 'failure' | 'always'
  /** In a shell of its own: variables and folder of earlier phases are gone. */
  readonly freshShell: boolean
  /** A limit of its own, within the job's. */
  readonly timeout?: Milliseconds
}

export type JobWork =
  /**
   * The user's own commands in a sandboxed workspace. `sh`: each step on its own by `sh -e`. `bash`: all steps of
   * a phase as one script (`set -eo pipefail`) by bash, where there is one, else by sh.
   */
  | { readonly kind: 'script'; readonly shell: 'sh' | 'bash'; readonly phases: readonly Phase[] }
  | { readonly kind: 'stage'; readonly stage: StageKind }
  /** Done by the control plane: makes a rollout in this environment and follows it to its end. */
  | { readonly kind: 'deploy'; readonly environment: string; readonly approval: boolean }
  /** Done by the control plane: makes or finds another pipeline, and follows it where `strategy` says so. */
  | TriggerWork

export interface TriggerWork {
  readonly kind: 'trigger'
  readonly target: /** A child in the same project, for the same commit, of these files of the dialect. */
    | { readonly kind: 'child'; readonly sources: readonly ChildSource[] }
    /** The other project's own pipeline, for the head of `branch` (its default branch). */
    | { readonly kind: 'project'; readonly project: string; readonly branch?: string }
    /** None is made: the latest of the other project's default branch, which the job takes the state of. */
    | { readonly kind: 'latest'; readonly project: string }
  /** none: succeeds once the other exists. depend, mirror: ends as the other ends. */
  readonly strategy: 'none' | 'depend' | 'mirror'
  /** Whether the other gets this job's variables, and those that this pipeline was started with. */
  readonly forward: { readonly yamlVariables: boolean; readonly pipelineVariables: boolean }
  /** For all of it, over those of a child's files. */
  readonly inputs: Readonly<Record<string, InputValue>>
}

export type InputValue = string | number | boolean | readonly string[]

export type ChildSource = ChildPlace & { readonly inputs?: Readonly<Record<string, InputValue>> }

type ChildPlace =
  | { readonly kind: 'local'; readonly file: string }
  /** A file that an earlier job kept. */
  | { readonly kind: 'artifact'; readonly job: string; readonly file: string }
  | { readonly kind: 'project'; readonly project: string; readonly file: string; readonly ref?: string }
  | { readonly kind: 'template'; readonly name: string }
  /** `host/group/project/name@version` */
  | { readonly kind: 'component'; readonly address: string }
  | { readonly kind: 'remote'; readonly url: string; readonly integrity?: string }

/** What starts a job once what it waits for has ended. Absent in a plan: `on_success`. */
export type Start =
  | { readonly kind: 'on_success' }
  /** When something before it failed. */
  | { readonly kind: 'on_failure' }
  | { readonly kind: 'always' }
  /** A person. It holds the pipeline open and what comes after it back, unless it is allowed to fail. */
  | { readonly kind: 'manual'; readonly confirmation?: string }
  | { readonly kind: 'delayed'; readonly delay: Milliseconds }

/** Why an attempt did not succeed, as far as trying again depends on it. */
export const FAILURE_CAUSES = ['script', 'timeout', 'runner', 'setup', 'unmatched', 'other'] as const
export type FailureCause = (typeof FAILURE_CAUSES)[number]

export interface Image {
  readonly name: string
  readonly entrypoint?: readonly string[]
  /** In order of preference; the executor's default where empty. */
  readonly pullPolicy: readonly ('always' | 'if-not-present' | 'never')[]
  readonly user?: string
  readonly platform?: string
}

export interface Service extends Image {
  /** Host names under which the job reaches it; the dialect's default ones are among them. */
  readonly aliases: readonly string[]
  readonly command?: readonly string[]
  readonly variables: Readonly<Record<string, string>>
}

export interface CacheRequest {
  /** With variables, expanded when the job starts; of `files`, a digest of their contents at the commit. */
  readonly key:
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'files'; readonly files: readonly string[]; readonly prefix?: string }
  /** Tried in this order where there is none under `key`. */
  readonly fallbackKeys: readonly string[]
  readonly paths: readonly string[]
  /** Files that Git does not track too. */
  readonly untracked: boolean
  /** `pull-push`, `pull` or `push`, or a variable that says which. */
  readonly policy: string
  readonly when: 'on_success' | 'on_failure' | 'always'
  /** One for all refs. Else protected refs have their own: what an unprotected branch saves never reaches them. */
  readonly unprotect: boolean
}

export const REPORT_KINDS = ['junit', 'dotenv', 'coverage', 'metrics'] as const
/** Kept files that are also read: test results, variables for later jobs, line coverage, figures. */
export type ReportKind = (typeof REPORT_KINDS)[number]

/** How artifacts are kept, beside their paths. */
export interface ArtifactRules {
  readonly exclude: readonly string[]
  readonly untracked: boolean
  readonly when: 'on_success' | 'on_failure' | 'always'
  /** From the end of the job on; absent: as long as the pipeline. */
  readonly expireIn?: Milliseconds
  readonly name?: string
  readonly reports: readonly { readonly kind: ReportKind; readonly paths: readonly string[] }[]
  /** Who may download them, beside those who may see the project's jobs. */
  readonly access: 'all' | 'developer' | 'maintainer' | 'none'
}

export interface JobEnvironment {
  /** With variables, expanded when the pipeline is made. */
  readonly name: string
  readonly url?: string
  readonly action: 'start' | 'prepare' | 'stop' | 'verify' | 'access'
  /** The job that takes it down. */
  readonly onStop?: string
  readonly autoStopIn?: Milliseconds
  readonly tier?: string
}

/** A release, made once the job has succeeded. Texts have variables in them. */
export interface ReleaseRequest {
  readonly tag: string
  readonly tagMessage?: string
  readonly name?: string
  readonly description: string
  readonly ref?: string
  readonly milestones: readonly string[]
  readonly releasedAt?: string
  readonly links: readonly { readonly name: string; readonly url: string; readonly type?: string }[]
}

/** A secret of the project that a job asks for by name. */
export interface SecretRequest {
  /** Variable that holds it, or the path of a file with it. */
  readonly variable: string
  readonly secret: string
  readonly file: boolean
}

/** A value that whoever starts or retries a job may give it. */
export interface JobInput {
  readonly type: 'string' | 'number' | 'boolean' | 'array'
  readonly default: InputValue
  /** Only these; of an array each of its values. */
  readonly options?: readonly (string | number | boolean)[]
  /** RE2, of a string. */
  readonly regex?: string
}

/** Values of a job's inputs by name. */
export type GivenInputs = Readonly<Record<string, InputValue>>

/** Files that a job of another pipeline has kept. Texts have variables in them, expanded when the job starts. */
export interface InputElsewhere {
  readonly job: string
  /** Of a pipeline of this project by its id, else the latest that succeeded for a ref of the project named. */
  readonly from:
    | { readonly kind: 'pipeline'; readonly pipeline: string }
    | { readonly kind: 'project'; readonly project: string; readonly ref: string }
}

export interface ResourceGroup {
  readonly name: string
}

export interface PlannedJob {
  /** Unique in its plan; ballast.yaml and the dialects say what characters it may have. 255 at most. */
  readonly name: string
  /** Where it is written. */
  readonly at?: Location
  /** Why it is in the pipeline, where a rule decided so. */
  readonly why?: string
  readonly dialect?: DialectName
  readonly work: JobWork
  /** Names of the jobs that must have ended well (or may have failed: `allowFailure`) before this one starts. */
  readonly needs: readonly string[]
  /**
   * stages: waits for every job of the earlier stages of the plan. dag: for its needs alone; one that did not run
   * skips it. Absent: for its needs, as ballast.yaml has them (one that may fail may also be skipped).
   */
  readonly order?: 'stages' | 'dag'
  /** One of the plan's `stages`. */
  readonly stage?: string
  readonly start?: Start
  /** Jobs whose artifacts it finds, later ones over earlier ones. Absent: of all that come before it. */
  readonly inputs?: readonly string[]
  /** Of other pipelines; what its own pipeline has kept lies over it. */
  readonly inputsElsewhere?: readonly InputElsewhere[]
  /** Jobs whose variables (dotenv reports) it gets. Absent: the same as `inputs`. */
  readonly variablesFrom?: readonly string[]
  /** By name; texts refer to them until the job starts: `withJobInputs`. */
  readonly jobInputs?: Readonly<Record<string, JobInput>>
  readonly env: Readonly<Record<string, string>>
  /** Values of `env` refer to other variables (`$NAME`, `${NAME}`), but for those named in `literal`. */
  readonly expand?: boolean
  readonly literal?: readonly string[]
  /** Variables of `env` that are given as the path of a file with the value. */
  readonly fileVariables?: readonly string[]
  /** Globs of files to keep; later jobs that need this one find them in their workspace. */
  readonly artifacts: readonly string[]
  readonly artifactRules?: ArtifactRules
  readonly caches?: readonly CacheRequest[]
  readonly timeout: Milliseconds
  /** How many times a failed attempt is tried again. */
  readonly retries: number
  /** Only then; absent: whatever the cause. An exit code that is listed is cause enough. */
  readonly retryWhen?: { readonly causes: readonly FailureCause[]; readonly exitCodes: readonly number[] }
  readonly allowFailure: boolean
  /** It may fail with these exit codes only. */
  readonly allowFailureExitCodes?: readonly number[]
  /** Only runners that have all of these take it. */
  readonly labels?: readonly string[]
  /** Cores and memory that it takes of its runner; absent: one slot. */
  readonly resources?: { readonly cpu?: number; readonly memoryBytes?: number }
  readonly image?: Image
  readonly services?: readonly Service[]
  /** false: no network. Absent: as the runner has it. */
  readonly network?: boolean
  /** Only workspace, home and /tmp can be written. In the sandbox of a process that is so anyway. */
  readonly readOnlyRoot?: boolean
  /** Its result is taken from an earlier job with equal inputs, commands and environment. */
  readonly reuse?: boolean
  /** A newer pipeline of the same ref may cancel it. */
  readonly interruptible?: boolean
  /** Of the jobs of a group, in all pipelines of the project, one runs at a time. */
  readonly resourceGroup?: ResourceGroup
  readonly environment?: JobEnvironment
  /** The policy of this environment wants a person's word before the job starts, however it is started. */
  readonly approval?: string
  /** It is canceled where nobody has given that word so long after it began to wait. */
  readonly approvalExpiresMs?: Milliseconds
  /** RE2 expression; its last match in the log, less what is no figure, is the coverage in percent. */
  readonly coverage?: string
  readonly idTokens?: readonly { readonly variable: string; readonly audience: readonly string[] }[]
  readonly secrets?: readonly SecretRequest[]
  readonly release?: ReleaseRequest
  /** Why it is skipped from the start, where a rule says so. */
  readonly skip?: string
}

/** A job that is written and not in the pipeline. */
export interface ExcludedJob {
  readonly name: string
  readonly at: Location
  readonly reason: string
}

/** Dialect-free compiled pipeline: the jobs in a topological order, every need present, no cycle. */
export interface Plan {
  readonly jobs: readonly PlannedJob[]
  /** Names in order, where jobs have stages. */
  readonly stages?: readonly string[]
  /** Path in the commit of the file that says what runs; absent where it is no file of the commit. */
  readonly file?: string
  /** What to call the pipeline. */
  readonly name?: string
  readonly excluded?: readonly ExcludedJob[]
  readonly autoCancel?: AutoCancel
}

export interface AutoCancel {
  /** When a newer pipeline of the same ref is made. conservative: unless a job that is not interruptible started. */
  readonly onNewCommit: 'conservative' | 'interruptible' | 'none'
  /** all: the rest is canceled when one job fails. */
  readonly onJobFailure: 'all' | 'none'
}

/** A job of a pipeline as the scheduler sees it: `jobViewOf(plan, now)`. */
export interface JobView {
  readonly name: string
  readonly work: JobWork
  readonly needs: readonly string[]
  readonly order?: PlannedJob['order']
  readonly stage?: string
  readonly start?: Start
  readonly approval?: PlannedJob['approval']
  readonly approvalExpiresMs?: PlannedJob['approvalExpiresMs']
  /** Whether its end may be a bad one, as it is known now: of some jobs only the exit code tells. */
  readonly allowFailure: boolean
  readonly state: JobState
  readonly skip?: string
  readonly interruptible?: boolean
  /** Name of its resource group. */
  readonly group?: string
  /** When a delayed job that waits starts. */
  readonly due?: Instant
}

/** One step that a job is to take now. */
export interface JobMove {
  readonly name: string
  readonly from: JobState
  readonly to: JobState
  /** One line for people, where there is something to say. */
  readonly reason?: string
  /** The job waits for this long, and then starts by itself. */
  readonly delay?: Milliseconds
}
