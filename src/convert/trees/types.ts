/** How a value is compared with a threshold: one that does goes left. */
export type Comparison = 'BRANCH_LEQ' | 'BRANCH_LT'
export type Side = 'left' | 'right'

/**
 * A decision tree as arrays with an element for each node, the root first. Nodes that the root does not lead to don't
 * count.
 */
export interface Tree {
  /** Children; the left one of a leaf is below zero. */
  readonly left: ArrayLike<number>
  readonly right: ArrayLike<number>
  readonly feature: ArrayLike<number>
  readonly threshold: ArrayLike<number>
  /** Where NaN goes: left for 1. Without it, right. */
  readonly missingLeft?: ArrayLike<number>
  /** Splits that take more than one threshold, by their node. */
  readonly cuts?: ReadonlyMap<number, Cuts>
}

/**
 * All numbers in ranges, from −∞ to +∞, that go left and right by turns; bounds ascend.
 *
 *   first right, bounds [2, 3], BRANCH_LT:  x < 2 right, x < 3 left, others right
 */
export interface Cuts {
  readonly first: Side
  readonly bounds: readonly number[]
}

/** What a leaf adds to a target. A leaf may add to several, or to none. */
export type Put = (target: number, weight: number) => void
export type Leaves = (node: number, put: Put) => void
