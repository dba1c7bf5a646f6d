import type { Calendar, Diagnostic, Milliseconds } from '../core/index.ts'
import type { Gate, MetricName } from '../evaluate/index.ts'
import type { AnswerRule, PreprocessStep, TableColumn, Task } from '../model/index.ts'
import type { Preference } from '../optimize/index.ts'
import type { PlannedJob } from '../pipeline/index.ts'
import type { AbPlan, AnalysisSpec, BanditPlan, CanaryStep, TrafficPlan } from '../rollout/index.ts'
import type { CiFile } from './sections/ci.ts'

export type { CiFile }

/** What ballast.yaml says, with every default filled in: typed, and plain JSON. */
export interface ModelRepository {
  readonly model: {
    readonly name: string
    /** Path in the repository. */
    readonly file: string
    readonly task: Task
    /** Path of a file with a label a line, where there is one. */
    readonly labels?: string
    readonly preprocess: readonly PreprocessStep[]
    readonly input?: string
    readonly output?: string
    readonly columns?: readonly TableColumn[]
    readonly answer?: AnswerRule
  }
  /** Of a model that is not ONNX; false where it is versioned as it is, and not served. */
  readonly convert?:
    | false
    | {
        /** Path in the repository; where it is absent, `samplesBeside` the model. */
        readonly samples?: string
        /** Largest relative difference of answers; default by their type. */
        readonly tolerance?: number
        /** Of a SavedModel. */
        readonly signature?: string
      }
  /** The user's own jobs. */
  readonly jobs: readonly PlannedJob[]
  /** The CI file that has them instead. */
  readonly ci?: CiFile
  readonly evaluate?: {
    /** Path in the repository. */
    readonly data: string
    readonly metrics: readonly MetricName[]
    /** Names of the arrays or columns that hold examples and truths, where they can't be guessed. */
    readonly inputField?: string
    readonly labelField?: string
    /** Evaluate at most this many examples. */
    readonly limit?: number
  }
  readonly gates: readonly Gate[]
  readonly optimize?: OptimizeRequest
  readonly serve?: ServeRequest
  readonly environments: readonly EnvironmentRequest[]
  /** Private endpoints for branches. */
  readonly preview?: PreviewRequest
}

/** Variants that are made of the model and judged as it is. */
export interface OptimizeRequest {
  /** Names of changes, each once. */
  readonly tries: readonly string[]
  readonly prefer: Preference
  /** Beside the file's own, and for variants alone. */
  readonly gates: readonly Gate[]
}

/** How a version is served: `ServingOptions` of the agents' protocol. Each is by default what the host finds best. */
export interface ServeRequest {
  readonly cacheBytes?: number
  readonly idleMs?: number
  readonly maxWaiting?: number
  readonly maxBatchRows?: number
  readonly threads?: number
}

/** What a repository asks for; the server's policy bounds it. */
export interface EnvironmentRequest {
  readonly name: string
  /** Glob of branches that deploy here. */
  readonly branch: string
  readonly strategy: 'canary' | 'immediate' | 'blue-green' | 'recreate' | 'ab' | 'bandit'
  /** What an experiment is decided by; its split is its one step. */
  readonly experiment?: ExperimentRequest
  /** Of `blue-green`: the version before is kept loaded so long. */
  readonly holdMs?: Milliseconds
  readonly steps: readonly CanaryStep[]
  readonly analysis: AnalysisSpec
  readonly approve: boolean
  /** Regions of gateways in the order in which they take the steps; absent: all at once. */
  readonly waves?: readonly (readonly string[])[]
  /** Only versions that were promoted in this environment come here. */
  readonly from?: string
  /** `original`, or the name of a change; absent: what the search chose. */
  readonly variant?: string
  /** How requests are shared out beside the steps. */
  readonly traffic?: TrafficPlan
  /** A newer version replaces older ones that still wait. */
  readonly supersede?: true
  /** When its rollouts may move on. */
  readonly calendar?: Calendar
  /** Of a preview: it stays so long after its last deployment. */
  readonly expiresMs?: Milliseconds
}

/** `strategy: ab` or `bandit`. */
export type ExperimentRequest =
  | ({ readonly kind: 'ab' } & Pick<AbPlan, 'metric' | 'horizon' | 'effect' | 'otherwise'>)
  | ({ readonly kind: 'bandit' } & Pick<
      BanditPlan,
      'explore' | 'every' | 'minRewards' | 'margin' | 'horizon'
    >)

/** An environment of its own for each branch, taken down with it. */
export interface PreviewRequest {
  /** Glob of branches; the default branch is never among them. */
  readonly branch: string
  /** Stays so long after its last deployment. */
  readonly expiresMs: Milliseconds
}

/** What the reader of a ballast.yaml may know about the repository it is in. */
export interface RepositoryFacts {
  /** For diagnostics; default `ballast.yaml`. */
  readonly file?: string
  /** Name of the project or its folder: the default name of the model. `team/digits` counts as `digits`. */
  readonly repositoryName?: string
  /** Where production deploys from by default; default `main`. */
  readonly defaultBranch?: string
  /** Paths of all files of the commit; given, the paths in ballast.yaml are checked against them. */
  readonly files?: readonly string[]
}

export interface ParsedConfig {
  /** Absent when there is an error among the diagnostics. */
  readonly repository?: ModelRepository
  /** All findings, in the order of the file. */
  readonly diagnostics: readonly Diagnostic[]
}
