import type { XgboostTree } from '../../../formats/boosting/index.ts'
import type { Cuts, Leaves, Tree } from '../../trees/types.ts'
import { runsOf } from '../categories.ts'
import { invalid } from './settings.ts'

/** x < split_conditions goes left, and NaN where default_left says; of categories those that are listed go right. */
export function treeOf(tree: XgboostTree): Tree {
  return {
    left: tree.leftChildren,
    right: tree.rightChildren,
    feature: tree.splitIndices,
    threshold: tree.splitConditions,
    missingLeft: tree.defaultLeft,
    ...(tree.splitType.includes(1) && { cuts: cutsOf(tree) }),
  }
}

/**
 * Categories are numbers without their fraction; whatever is no category goes left (common::Decision in XGBoost's
 * src/common/categorical.h).
 *
 *   1, 2 and 5 go right:  x < 1 left, x < 3 right, x < 5 left, x < 6 right, others left
 */
function cutsOf(tree: XgboostTree): Map<number, Cuts> {
  const cuts = new Map<number, Cuts>()
  for (const [i, node] of tree.categoriesNodes.entries()) {
    if (tree.splitType[node] !== 1) continue
    const start = tree.categoriesSegments[i] ?? -1
    const end = start + (tree.categoriesSizes[i] ?? -1)
    if (!(start >= 0 && end >= start && end <= tree.categories.length))
      throw invalid(
        `tree ${tree.index} has ${tree.categories.length} categories, and its node ${node} asks for ${start} to ${end}`,
      )
    const right = tree.categories.subarray(start, end).toSorted()
    if (right[0]! < 0) throw invalid(`tree ${tree.index} has the category ${right[0]}`)
    // Without categories everything goes left: nothing is below −∞.
    const bounds = right.length === 0 ? [Number.NEGATIVE_INFINITY] : runsOf(right)
    cuts.set(node, { first: right.length === 0 ? 'right' : 'left', bounds })
  }
  for (const [node, type] of tree.splitType.entries())
    if (type === 1 && tree.leftChildren[node]! >= 0 && !cuts.has(node))
      throw invalid(`tree ${tree.index} has no categories for its node ${node}`)
  return cuts
}

/** What leaves add to margins: to one of them, or one value to each. */
export function leavesOf(tree: XgboostTree): Leaves {
  const { leafSize, weight, group, splitConditions } = tree
  if (leafSize === 1) return (node, put) => put(group, splitConditions[node]! * weight)
  // Leaves are numbered by their right child since 3.1; before, each node has its values.
  const values = tree.leafWeights ?? tree.baseWeights
  const place = tree.leafWeights ? (node: number) => tree.rightChildren[node]! : (node: number) => node
  return (node, put) => {
    const at = place(node) * leafSize
    if (!(values && at >= 0 && at + leafSize <= values.length))
      throw invalid(
        `tree ${tree.index} has ${values?.length ?? 0} values of leaves, and its node ${node} asks for ${at}`,
      )
    for (let k = 0; k < leafSize; k++) put(k, values[at + k]! * weight)
  }
}
