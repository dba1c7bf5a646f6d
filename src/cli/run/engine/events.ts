import type { Milliseconds } from '../../../core/index.ts'
import type { JobState, PipelineState } from '../../../pipeline/index.ts'

/** What happens in a run, as it happens: progress is drawn from these, and `--json` prints them. */
export type RunEvent =
  | {
      readonly kind: 'pipeline-started'
      readonly pipeline: string
      readonly jobs: number
      readonly name?: string
    }
  | { readonly kind: 'job-started'; readonly job: string; readonly try: number; readonly where?: string }
  /** One line, or the unfinished end of a log, without its newline. */
  | { readonly kind: 'job-output'; readonly job: string; readonly line: string }
  /** Something about the job that is no output of its own. */
  | { readonly kind: 'job-note'; readonly job: string; readonly text: string }
  | { readonly kind: 'job-ended'; readonly job: JobSummary }
  | { readonly kind: 'pipeline-ended'; readonly pipeline: string; readonly state: PipelineEnd }

/** `blocked`: what is left waits for somebody, or for what waits for somebody. */
export type PipelineEnd = Exclude<PipelineState, 'running'> | 'blocked'

export interface JobSummary {
  /** With the names of the triggers above it: `child/build`. */
  readonly job: string
  readonly stage?: string
  readonly state: JobState
  /** Failed, and may. */
  readonly forgiven: boolean
  readonly reason?: string
  readonly exitCode?: number
  readonly tries: number
  /** From the start of the run to that of its last try; absent: it never started. */
  readonly startedMs?: Milliseconds
  readonly durationMs?: Milliseconds
  /** Its log. */
  readonly log?: string
  readonly coverage?: number
  /** Jobs that it waited for. */
  readonly after: readonly string[]
}

export type Tell = (event: RunEvent) => void
