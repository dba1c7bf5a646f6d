import type { OnnxModel } from '../formats/index.ts'

/** A node that a change left as it was, and why. */
export interface Kept {
  /** Its name, or its first output's. */
  readonly node: string
  readonly op: string
  readonly why: string
}

/** A model after a change: its tensors are computed when they are read, from those of the original. */
export interface Changed {
  readonly model: OnnxModel
  /** Nodes that were changed, by name or first output, in order. */
  readonly changed: readonly string[]
  readonly kept: readonly Kept[]
}
