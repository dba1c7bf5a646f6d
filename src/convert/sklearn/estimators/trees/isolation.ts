import { cast } from '../../../graph/cast.ts'
import { emitEnsemble } from '../../../trees/emit.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import type { ClusterResult, EstimatorCall, Fitted } from '../../estimator.ts'
import { subsetsOf } from './bagging.ts'
import { anEnsemble, treeFeatures } from './forest.ts'
import { type FittedTree, treeOf } from './tree.ts'

/** Sums of depths that differ by less than this part are equal: rows at the threshold are inliers. */
const TIE = 1e-11

/**
 * IsolationForest: `label` −1 for outliers, else 1, and its decision function. With the sum d of the depths of a row's
 * leaves, and c, what it is on average:
 *
 *   decision = −2^(−d / c) − offset,  below 0 where  d < threshold = −c · log2(−offset)
 */
export async function isolationForest(call: EstimatorCall): Promise<ClusterResult> {
  const { estimator, emitter } = call
  const offset = estimator.number('offset_')
  const trees = estimator.estimators('estimators_')
  const most = estimator.integer(['_max_samples', 'max_samples_'])
  const average = trees.length * averageDepth(most)
  const threshold = -average * Math.log2(-offset)
  const base = Number.isFinite(threshold) ? threshold : 0
  const subsets = await subsetsOf(estimator, trees.length, call.input.width)
  const ensemble = anEnsemble(call, 1)
  for (const [i, tree] of trees.entries()) {
    const fitted = await treeOf(call.look(`estimators_[${i}]`, tree), subsets?.[i])
    const depths = depthsOf(estimator, fitted)
    ensemble.add(fitted.tree, (node, put) => put(0, depths[node]! + averageDepth(fitted.samples[node]!)))
  }
  const m = new Arithmetic(emitter)
  // What is left above the threshold, so that nothing is lost where it matters.
  const left = m.column(
    cast(emitter, emitEnsemble(emitter, treeFeatures(call), ensemble, { base: [-base] }), 'float64'),
    0,
  )
  const share = average === 0 ? m.mul(left, 0) : m.div(m.add(left, base), average)
  const score = m.of('Neg', m.pow(2, average === 0 ? m.sub(share, 1) : m.of('Neg', share)))
  const scores = m.sub(score, offset)
  const outlier =
    Number.isFinite(threshold) && average > 0 ? m.less(left, -TIE * Math.abs(base)) : m.less(scores, 0)
  return { kind: 'cluster', label: m.cast(m.where(outlier, -1, 1), 'int64'), scores }
}

/** Average depth of a leaf of a tree of n rows: what a search that fails takes in a binary search tree. */
function averageDepth(n: number): number {
  if (n <= 1) return 0
  if (n === 2) return 1
  return 2 * (Math.log(n - 1) + 0.5772156649015329) - (2 * (n - 1)) / n
}

/** Splits above each node. Children that lead in circles are left to whoever adds the tree. */
function depthsOf(estimator: Fitted, { tree: { left, right } }: FittedTree): Int32Array {
  const depths = new Int32Array(left.length)
  const pending = [0]
  for (let seen = 0; ; seen++) {
    const node = pending.pop()
    if (node === undefined) return depths
    if (seen > left.length) throw estimator.invalid('estimators_', 'holds a tree with several ways to a node')
    if (!(left[node]! >= 0)) continue
    for (const child of [left[node]!, right[node]!]) {
      depths[child] = depths[node]! + 1
      pending.push(child)
    }
  }
}
