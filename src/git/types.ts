import type { CommitId } from '../core/index.ts'

/** Same shape as the pipeline journal's: structurally one type, without a dependency between the parts. */
export interface RefChange {
  readonly ref: string
  readonly before: CommitId
  readonly after: CommitId
}

/** What a path of a commit is. A link's size is the length of its target; a submodule has none. */
export interface TreeFile {
  readonly path: string
  readonly kind: 'file' | 'link' | 'submodule'
  /** `100644`, `100755`, `120000`, `160000`. */
  readonly mode: string
  readonly size: number
  /** The blob's id (a submodule's commit). */
  readonly id: string
}
