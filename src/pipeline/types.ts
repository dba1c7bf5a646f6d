import type { Milliseconds } from '../core/index.ts'
import type { JobState } from './states.ts'

export const STAGES = ['scan', 'inspect', 'evaluate', 'gate', 'register'] as const
/** Work on the model itself, by Ballast's own code: no user code runs in such an attempt. */
export type StageKind = (typeof STAGES)[number]

export type JobWork =
  /** The user's own commands, one shell script (`sh -e`), in a sandboxed workspace. */
  | { readonly kind: 'script'; readonly steps: readonly string[] }
  | { readonly kind: 'stage'; readonly stage: StageKind }
  /** Done by the control plane: makes a rollout in this environment and follows it to its end. */
  | { readonly kind: 'deploy'; readonly environment: string; readonly approval: boolean }

export interface PlannedJob {
  /** Unique in its plan: letters, digits, `-`, `_`, `.`, `:` and `/`, 100 at most. */
  readonly name: string
  readonly work: JobWork
  /** Names of the jobs that must have succeeded (or may have failed: `allowFailure`) before this one starts. */
  readonly needs: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Globs of files to keep; later jobs that need this one find them in their workspace. */
  readonly artifacts: readonly string[]
  readonly timeout: Milliseconds
  /** How many times a failed attempt is tried again. */
  readonly retries: number
  readonly allowFailure: boolean
  /** Why it is skipped from the start, where a rule says so. */
  readonly skip?: string
}

/** Dialect-free compiled pipeline: the jobs in a topological order, every need present, no cycle. */
export interface Plan {
  readonly jobs: readonly PlannedJob[]
}

/** A job of a pipeline as the scheduler sees it: `jobViewOf(plan, state)`. */
export interface JobView {
  readonly name: string
  readonly work: JobWork
  readonly needs: readonly string[]
  readonly allowFailure: boolean
  readonly state: JobState
  readonly skip?: string
}

/** One step that a job is to take now. */
export interface JobMove {
  readonly name: string
  readonly from: JobState
  readonly to: JobState
  /** One line for people, where there is something to say. */
  readonly reason?: string
}
