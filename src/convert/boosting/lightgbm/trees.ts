import type { LightgbmTree } from '../../../formats/boosting/index.ts'
import { nextBelow } from '../../trees/round.ts'
import type { Cuts, Tree } from '../../trees/types.ts'
import { runsOf } from '../categories.ts'
import { invalid } from './errors.ts'

/** Bits of a decision type (LightGBM's include/LightGBM/tree.h). */
const CATEGORICAL = 1
const DEFAULT_LEFT = 2
const MISSING = { none: 0, zero: 1, nan: 2 } as const
/** What counts as zero: kZeroThreshold, a float32 there. */
const ZERO = Math.fround(1e-35)
const BEFORE_ZERO = nextBelow(-ZERO)

/** Splits first, then leaves, as one array of nodes; `leaf` tells which leaf a node is. */
export interface LaidOut {
  readonly tree: Tree
  leaf(node: number): number
}

export function treeOf(tree: LightgbmTree): LaidOut {
  const splits = tree.leftChild.length
  const place = (child: number) => (child < 0 ? splits + ~child : child)
  const size = splits + tree.leafValue.length
  const children = (of: Int32Array) => {
    const all = new Int32Array(size).fill(-1)
    for (const [i, child] of of.entries()) all[i] = place(child)
    return all
  }
  const { missingLeft, cuts } = decisionsOf(tree, size)
  return {
    tree: {
      left: children(tree.leftChild),
      right: children(tree.rightChild),
      feature: tree.splitFeature,
      threshold: tree.threshold,
      missingLeft,
      cuts,
    },
    leaf: node => node - splits,
  }
}

/** Decisions as ranges of x ≤ bound, and where NaN goes (Tree::NumericalDecision, Tree::CategoricalDecision). */
function decisionsOf(tree: LightgbmTree, size: number): { missingLeft: Uint8Array; cuts: Map<number, Cuts> } {
  const missingLeft = new Uint8Array(size)
  const cuts = new Map<number, Cuts>()
  for (const [node, type] of tree.decisionType.entries()) {
    const threshold = tree.threshold[node]!
    const defaultLeft = (type & DEFAULT_LEFT) !== 0
    const missing = (type >> 2) & 3
    const plain = notWithinZero(threshold)
    if (plain !== threshold) cuts.set(node, { first: 'left', bounds: [plain] })
    if (type & CATEGORICAL) cuts.set(node, categorical(tree, threshold))
    else if (missing === MISSING.zero) {
      const split = aroundZero(threshold, defaultLeft)
      if (split) cuts.set(node, split)
      missingLeft[node] = defaultLeft ? 1 : 0
    } else if (missing === MISSING.nan) missingLeft[node] = defaultLeft ? 1 : 0
    // NaN is taken for zero.
    else missingLeft[node] = threshold >= 0 ? 1 : 0
  }
  return { missingLeft, cuts }
}

/** All that counts as zero is taken for 0 before it is compared (RowPairFunctionFromDenseRows). */
function notWithinZero(threshold: number): number {
  if (threshold < -ZERO || threshold >= ZERO) return threshold
  return threshold < 0 ? BEFORE_ZERO : ZERO
}

/** x ≤ threshold, but where zeros go by default. Undefined where they go there anyway. */
function aroundZero(threshold: number, defaultLeft: boolean): Cuts | undefined {
  if (defaultLeft) {
    if (threshold >= ZERO) return undefined
    // Zeros beside, or all up to the last one.
    return { first: 'left', bounds: threshold < BEFORE_ZERO ? [threshold, BEFORE_ZERO, ZERO] : [ZERO] }
  }
  if (threshold < -ZERO) return undefined
  return { first: 'left', bounds: threshold > ZERO ? [BEFORE_ZERO, ZERO, threshold] : [BEFORE_ZERO] }
}

/**
 * Categories whose bit is set go left. Numbers lose their fraction, towards zero; NaN and numbers below zero go right.
 *
 *   0 and 3 go left:  x ≤ −1 right, x < 1 left, x < 3 right, x < 4 left, others right
 */
function categorical(tree: LightgbmTree, set: number): Cuts {
  const [start, end] = [tree.catBoundaries[set] ?? -1, tree.catBoundaries[set + 1] ?? -1]
  if (!(start >= 0 && end >= start && end <= tree.catThreshold.length))
    throw invalid(
      `tree ${tree.index} has ${tree.catThreshold.length} words of categories, and asks for ${start} to ${end}`,
    )
  const left: number[] = []
  for (let word = start; word < end; word++)
    for (let bit = 0; bit < 32; bit++)
      if ((tree.catThreshold[word]! >>> bit) & 1) left.push(32 * (word - start) + bit)
  // Nothing is below −∞; +∞ is no category.
  if (left.length === 0) return { first: 'right', bounds: [Number.POSITIVE_INFINITY] }
  const bounds = runsOf(left).map(bound => (bound === 0 ? -1 : nextBelow(bound)))
  return { first: 'right', bounds }
}
