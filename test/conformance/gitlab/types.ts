import type { OccasionOptions } from '../../../src/cli/run/compile/options.ts'
import type { JobState } from '../../../src/pipeline/index.ts'

/** One CI file on one occasion, and what GitLab's documentation says comes of it. */
export interface Case {
  /** Of the corpus, or of this repository's fixtures; its files are those of a repository of their own. */
  readonly folder: string
  /** Absent: `.gitlab-ci.yml`. */
  readonly file?: string
  /** Tells apart several cases of one file. */
  readonly when?: string
  readonly occasion?: Occasion
  readonly outcome: Outcome
  /** Where GitLab's documentation says so, for an outcome that surprises. */
  readonly doc?: string
}

export interface Occasion extends Omit<OccasionOptions, 'folder'> {
  /** The branch that is checked out; absent: the default branch, `main`. */
  readonly branch?: string
  /** Manual jobs that are started. */
  readonly manual?: readonly string[]
  /** How often it runs, one after the other, with the same caches. The last counts. */
  readonly runs?: number
}

export type Outcome =
  | {
      readonly kind: 'runs'
      readonly pipeline: 'succeeded' | 'failed' | 'blocked'
      readonly jobs: Readonly<Record<string, JobOutcome>>
      /** Written, and not in the pipeline. */
      readonly out?: readonly string[]
      /** Every file that the jobs kept, and no other. */
      readonly kept?: readonly string[]
    }
  /** No pipeline is made. */
  | { readonly kind: 'nothing'; readonly out?: readonly string[] }
  /** Every error, as `line`, or `file:line` of a file that is included; `COMMIT` stands for the one that is checked out. */
  | { readonly kind: 'problems'; readonly at: readonly (number | string)[]; readonly says?: RegExp }
  /** What it needs is nowhere to be had; it ends in a diagnostic at this line. */
  | { readonly kind: 'out-of-reach'; readonly why: string; readonly at: number }

export interface JobOutcome {
  /** Absent: succeeded. */
  readonly state?: JobState
  /** Failed, and may. */
  readonly forgiven?: boolean
  /** Lines of its log, in this order; others may stand between. */
  readonly log?: readonly (string | RegExp)[]
  /** In no line of its log. */
  readonly silent?: readonly string[]
  /** Jobs that have ended before it starts; of a job with needs it waits for no others. */
  readonly after?: readonly string[]
  readonly coverage?: number
  readonly environment?: string
  readonly interruptible?: boolean
  /** Steps of its plan. */
  readonly steps?: readonly string[]
  /** It is compiled, and why it is not run. */
  readonly outOfReach?: string
}

/** A job that succeeds with these lines in its log. */
export function says(...log: readonly (string | RegExp)[]): JobOutcome {
  return { log }
}

export function fails(...log: readonly (string | RegExp)[]): JobOutcome {
  return { state: 'failed', log }
}

/** Compiled alone: it needs what a container of this image has. */
export function contained(image: string): JobOutcome {
  return { outOfReach: `needs what is in the image ${image}` }
}
