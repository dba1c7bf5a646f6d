/** How an op reaches out of its session. `unknown-op`: nobody vouches for it. */
export type HazardKind =
  | 'file-read'
  | 'file-write'
  | 'code'
  | 'network'
  | 'process'
  /** Text for the program's own output. */
  | 'log'
  | 'unknown-op'

/** A node whose op touches more than tensors. */
export interface TensorflowHazard {
  readonly op: string
  readonly node: string
  /** The function that it stands in; absent for the main graph. */
  readonly function?: string
  /** Whether calling a signature runs it, or loading the model. */
  readonly reachableFromSignature: boolean
  readonly kind: HazardKind
  /** What it does, and with which path where that is known. */
  readonly detail: string
}
