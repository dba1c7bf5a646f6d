import type { Project } from '../../access/index.ts'
import type { CommitId, PrincipalId, PushId } from '../../core/index.ts'
import type {
  ChildSource,
  InputValue,
  Job,
  MergeRequestFacts,
  Pipeline,
  PipelineEvent,
} from '../../pipeline/index.ts'

/** A pipeline that somebody or something asks for. */
export interface PipelineRequest {
  readonly project: Project
  /** `refs/heads/main`, `refs/tags/v1`, `refs/merge-requests/3/head`. */
  readonly ref: string
  readonly commit: CommitId
  readonly event: PipelineEvent
  readonly principal: PrincipalId
  readonly push?: PushId
  /** Where the ref was before. */
  readonly before?: CommitId
  readonly variables?: Readonly<Record<string, string>>
  readonly inputs?: Readonly<Record<string, InputValue>>
  readonly mergeRequest?: MergeRequestFacts
  readonly schedule?: { readonly id: string; readonly description: string }
  /** The job that asks; for a child of the same commit with the files to compile. */
  readonly parent?: {
    readonly pipeline: Pipeline
    readonly job: Job
    readonly sources?: readonly ChildSource[]
  }
}

export type Started =
  | { readonly kind: 'pipeline'; readonly pipeline: Pipeline }
  /** Nothing runs, and why, for whoever asked. */
  | { readonly kind: 'nothing'; readonly reason: string }
