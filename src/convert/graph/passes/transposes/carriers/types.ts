import type { Node } from '../../graph.ts'
import type { Turn } from '../turn.ts'

/** Inputs and outputs of a node, by their places, that all lie in one layout. */
export interface Carried {
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
}

/** An op that computes the same in either layout. */
export interface Carrier {
  /** Undefined for a node that can't be turned, for what its attributes or other inputs are. */
  carried(node: Node, turn: Turn): Carried | undefined
  /** Changes attributes and constants for tensors that are turned. Types of outputs are changed by who asks. */
  turn(node: Node, turn: Turn): void
}
