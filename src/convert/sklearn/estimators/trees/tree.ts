import type { Ensemble } from '../../../trees/ensemble.ts'
import type { Leaves, Tree } from '../../../trees/types.ts'
import type { Fitted } from '../../estimator.ts'
import { Records } from './records.ts'

/** A `sklearn.tree._tree.Tree`: x ≤ threshold goes left, for x in float32. */
export interface FittedTree {
  readonly tree: Tree
  /** Numbers of a node: targets, or classes of each target, padded to the most classes that a target has. */
  readonly width: number
  /** [nodes, width]. */
  readonly values: Float64Array
  /** Rows of the training that came to a node. */
  readonly samples: Float64Array
}

/** The tree of a DecisionTree* or ExtraTree*. `features`: places of its features in the ensemble's. */
export async function treeOf(estimator: Fitted, features?: ArrayLike<number>): Promise<FittedTree> {
  const inner = estimator.object('tree_')
  const nodes = await Records.of(inner, 'nodes')
  const values = inner.array('values')
  inner.checkShape('values', values, [nodes.length, null, null])
  const feature = nodes.ints('feature')
  return {
    tree: {
      left: nodes.ints('left_child'),
      right: nodes.ints('right_child'),
      feature: features ? feature.map(own => features[own] ?? -1) : feature,
      threshold: nodes.floats('threshold'),
      // Since 1.3.
      ...(nodes.has('missing_go_to_left') && { missingLeft: nodes.flags('missing_go_to_left') }),
    },
    width: values.size / nodes.length,
    values: await values.floats(),
    samples: nodes.floats('n_node_samples'),
  }
}

/** Adds a tree whose leaves' numbers are targets from `first` on, times `factor`. */
export function addValues(
  ensemble: Ensemble,
  { tree, values, width }: FittedTree,
  first = 0,
  factor = 1,
): void {
  ensemble.add(tree, (node, put) => {
    for (let i = 0; i < width; i++) put(first + i, values[node * width + i]! * factor)
  })
}

/** What a leaf adds for each class, of its probabilities. */
export type Score = (probabilities: Float64Array) => ArrayLike<number>

/**
 * Leaves that add scores of classes: those of the first target's at the first place. Leaves held counts of classes
 * before 1.4, and hold their shares since. `classes` has the number of classes of each target; a score of one target
 * may be for other targets of the ensemble.
 */
export function classLeaves(
  estimator: Fitted,
  { values, width }: FittedTree,
  classes: readonly number[],
  score: Score = probabilities => probabilities,
): Leaves {
  const padded = width / classes.length
  if (!classes.every(count => count <= padded))
    throw estimator.invalid('tree_', `has ${width} numbers in a leaf, and ${classes} classes`)
  const shares = estimator.since(4)
  return (node, put) => {
    let first = 0
    for (const [output, count] of classes.entries()) {
      const at = node * width + output * padded
      const own = values.slice(at, at + count)
      const scores = score(shares ? own : normalized(own))
      for (let i = 0; i < scores.length; i++) if (scores[i] !== 0) put(first + i, scores[i]!)
      first += count
    }
  }
}

function normalized(counts: Float64Array): Float64Array {
  const sum = counts.reduce((all, count) => all + count, 0)
  return sum === 0 ? counts : counts.map(count => count / sum)
}

/** Numbers of classes: `n_classes_` is one number, a list, or an array. */
export async function classCounts(estimator: Fitted): Promise<readonly number[]> {
  const counts = Array.from(await estimator.floats('n_classes_'))
  const odd = counts.find(count => !(Number.isSafeInteger(count) && count > 0 && count <= MAX_CLASSES))
  if (odd !== undefined || counts.length === 0)
    throw estimator.invalid('n_classes_', `holds ${odd ?? 'nothing'}`)
  return counts
}

/** Of one target. */
const MAX_CLASSES = 10_000_000
