import type { CommitId } from '../core/index.ts'

/** Same shape as the pipeline journal's: structurally one type, without a dependency between the parts. */
export interface RefChange {
  readonly ref: string
  readonly before: CommitId
  readonly after: CommitId
}

export interface CommitInfo {
  readonly id: CommitId
  readonly title: string
  readonly author: string
  readonly time: number
}
