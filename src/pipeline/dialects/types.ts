import type { Diagnostic, Location } from '../../core/index.ts'
import type { DialectName, InputValue, Plan, PlannedJob } from '../types.ts'

/** What sets a pipeline going. */
export type PipelineEvent =
  | 'push'
  | 'tag'
  | 'merge_request'
  | 'schedule'
  | 'manual'
  | 'api'
  | 'upstream'
  | 'child'

export interface MergeRequestFacts {
  readonly number: number
  readonly title: string
  readonly description: string
  readonly sourceBranch: string
  readonly targetBranch: string
  readonly sourceSha: string
  readonly targetSha: string
  readonly sourceProject: string
  readonly labels: readonly string[]
  readonly draft: boolean
}

/** Everything about the occasion that a dialect may ask: plain JSON, kept with the pipeline. */
export interface TriggerFacts {
  readonly event: PipelineEvent
  /** `refs/heads/main`, `refs/tags/v1`, `refs/merge-requests/3/head`. */
  readonly ref: string
  readonly commit: string
  /** Where the ref was before; 40 zeros or absent where it is new. */
  readonly before?: string
  readonly commitMessage: string
  /** `Name <mail>`. */
  readonly commitAuthor: string
  /** Of the commit, ISO 8601. */
  readonly commitTimestamp: string
  /** Whether the ref is protected: secrets that are go to no other. */
  readonly protectedRef: boolean
  readonly principal: { readonly id: string; readonly name: string }
  readonly mergeRequest?: MergeRequestFacts
  readonly schedule?: { readonly id: string; readonly description: string }
  /** Annotation of a tag. */
  readonly tagMessage?: string
  /** Given with the trigger (manual, API, schedule, upstream): they outrank every other. */
  readonly variables: Readonly<Record<string, string>>
  readonly inputs: Readonly<Record<string, InputValue>>
  /** The pipeline and job that made this one. */
  readonly upstream?: { readonly pipeline: string; readonly project: string; readonly job: string }
}

export interface ProjectFacts {
  readonly id: string
  /** `team/digits`. */
  readonly name: string
  readonly defaultBranch: string
  /** Address of the control plane, without a slash at its end: `http://127.0.0.1:4400`. */
  readonly serverUrl: string
}

/** A variable that is set beside the files: by the project, its group or the installation. */
export interface GivenVariable {
  readonly name: string
  readonly value: string
  readonly file: boolean
  /** Not expanded. */
  readonly literal: boolean
}

/** The commit's files. Paths are relative, with `/`. */
export interface RepositoryFiles {
  list(): Promise<readonly string[]>
  /** Undefined: no such file. Throws for one that is larger than `maxBytes`. */
  read(path: string, maxBytes: number): Promise<string | undefined>
  /**
   * Paths that changed since the ref was at `from` (`before`: where it was before the push, or since the target
   * branch of a merge request; else a ref's name). Undefined where nothing can be compared: a new branch.
   */
  changed(from: 'before' | { readonly ref: string }): Promise<readonly string[] | undefined>
}

export type Fetched =
  | {
      readonly kind: 'file'
      readonly text: string
      readonly commit?: string
      /** The release that the version of a component chose: `1.2.3` for `1.2`. */
      readonly version?: string
    }
  | { readonly kind: 'missing'; readonly reason: string }

/** Files of configuration that lie elsewhere. All are bounded by the dialect's limit for one file. */
export interface IncludeSources {
  /** A file of another project on the same Ballast, which whoever started the pipeline may read. */
  project(project: string, file: string, ref: string | undefined): Promise<Fetched>
  /** Paths of that project's files, for patterns. Undefined: there is no such project or ref, or not for this person. */
  list?(project: string, ref: string | undefined): Promise<readonly string[] | undefined>
  /** A component `project/path@version`: `~latest`, a branch, tag, commit, or a partial version (`1`, `1.2`). */
  component(project: string, component: string, version: string): Promise<Fetched>
  /** By HTTPS. The dialect checks the digest. */
  remote(url: string): Promise<Fetched>
  /** A file that a job of this pipeline's parent kept. */
  artifact?(job: string, file: string): Promise<Fetched>
}

export interface CompileRequest {
  /** Path in the repository, for diagnostics. */
  readonly file: string
  readonly text: string
  readonly files: RepositoryFiles
  readonly includes: IncludeSources
  readonly trigger: TriggerFacts
  readonly project: ProjectFacts
  readonly variables: readonly GivenVariable[]
}

export type CompileResult =
  | { readonly kind: 'plan'; readonly plan: Plan; readonly diagnostics: readonly Diagnostic[] }
  /** Nothing is to run, and why: workflow rules, no job that fits. */
  | {
      readonly kind: 'nothing'
      readonly reason: string
      readonly at?: Location
      readonly excluded: NonNullable<Plan['excluded']>
      readonly diagnostics: readonly Diagnostic[]
    }
  | { readonly kind: 'problems'; readonly diagnostics: readonly Diagnostic[] }

/** What is known when a job starts, for the variables that the dialect defines itself. */
export interface JobFacts {
  readonly id: string
  readonly pipelineId: string
  readonly pipelineNumber: number
  readonly position: number
  /** When the job and its pipeline were made, ISO 8601. */
  readonly startedAt: string
  readonly pipelineCreatedAt: string
  /** Where the job finds the repository. */
  readonly workspace: string
  readonly runner: string
  readonly runnerLabels: readonly string[]
  readonly token: string
  readonly environmentUrl?: string
}

/** One accepted configuration language: compiles its files to the plan, and knows what its jobs find defined. */
export interface Dialect {
  readonly name: DialectName
  /** Paths in a repository that make it a file of this dialect. */
  readonly paths: readonly string[]
  compile(request: CompileRequest): Promise<CompileResult>
  /** The predefined variables of a job as it starts. `WORKSPACE_PLACE` stands where the runner puts its path. */
  jobVariables(
    trigger: TriggerFacts,
    project: ProjectFacts,
    job: PlannedJob,
    facts: JobFacts,
  ): Readonly<Record<string, string>>
  /**
   * Variables as a job finds them: references in their values (`$NAME`, `${NAME}`) replaced by each other's values,
   * but in those named in `literal`. Bounded in depth and length; what refers to itself stays as it is written.
   */
  expandVariables(
    variables: Readonly<Record<string, string>>,
    literal: ReadonlySet<string>,
  ): Readonly<Record<string, string>>
  /** References in a text (a cache key, the name of an image) replaced by the values of expanded variables. */
  expandText(text: string, variables: Readonly<Record<string, string>>): string
  /** What it has, supported or not, for the table of docs. */
  readonly keywords: readonly Keyword[]
}

export interface Keyword {
  /** `job.artifacts.paths`, `workflow.rules`. */
  readonly path: string
  readonly supported: boolean
  /** How it differs, or what the diagnostic says. */
  readonly note?: string
}
