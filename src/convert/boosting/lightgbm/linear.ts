import type { LightgbmOpenModel, LightgbmTree, LinearLeaves } from '../../../formats/boosting/index.ts'
import { cast } from '../../graph/cast.ts'
import type { Emitter, Value } from '../../graph/types.ts'
import { rowsOf } from '../../sklearn/columns.ts'
import { emitEnsemble } from '../../trees/emit.ts'
import { Ensemble } from '../../trees/ensemble.ts'
import type { Leaves, Tree } from '../../trees/types.ts'
import { invalid } from './errors.ts'
import type { LightgbmSettings } from './settings.ts'
import { treeOf } from './trees.ts'

/** Coefficients of a row, which ONNX Runtime holds for each of the batch. */
const MAX_TARGETS = 1_000_000

/**
 * Sums of linear leaves, float32 [N, groups]: trees add up their leaves' constants and coefficients, each a target,
 * and the row's features are multiplied with the sums.
 *
 *   Σ trees (constant + Σ coefficient · x)  =  Σ constants + Σ (Σ coefficients) · x
 */
export async function linearSums(
  emitter: Emitter,
  features: Value,
  opened: LightgbmOpenModel,
  { features: width, groups }: LightgbmSettings,
  trees: number,
): Promise<Value> {
  const used = await featuresUsed(opened, width, trees)
  const targets = groups * (used.length + 1)
  if (targets > MAX_TARGETS)
    throw invalid(`its linear leaves have ${targets} coefficients, more than ${MAX_TARGETS}`)
  const ensemble = new Ensemble({
    name: emitter.source.name,
    features: width,
    targets,
    comparison: 'BRANCH_LEQ',
    dtype: 'float64',
  })
  const place = new Map(used.map((feature, i) => [feature, i]))
  for await (const tree of opened.readTrees()) {
    if (tree.index >= trees) break
    const coefficient = (feature: number) => groups + tree.group * used.length + place.get(feature)!
    const { tree: nodes, leaves } = checked(tree, coefficient)
    ensemble.add(nodes, leaves)
  }
  const sums = emitEnsemble(emitter, features, ensemble)
  return used.length === 0 ? sums : products(emitter, features, sums, groups, used)
}

/** Constants stand first in `sums`, then the coefficients of each group. */
function products(
  emitter: Emitter,
  features: Value,
  sums: Value,
  groups: number,
  used: readonly number[],
): Value {
  const slice = (start: number, end: number) =>
    emitter.op('Slice', [sums, emitter.ints([start]), emitter.ints([end]), emitter.ints([1])])
  const rows = rowsOf(sums)
  const coefficients = emitter.op(
    'Reshape',
    [slice(groups, groups * (used.length + 1)), emitter.ints([-1, groups, used.length])],
    { types: [{ dtype: 'float32', shape: [rows, groups, used.length] }] },
  )
  const values = emitter.op('Gather', [features, emitter.ints(used)], { attributes: { axis: { int: 1 } } })
  const row = emitter.op('Unsqueeze', [cast(emitter, values, 'float32'), emitter.ints([1])])
  // A coefficient of zero says that no leaf asks for the feature, which may be NaN.
  const zero = emitter.scalar('float32', 0)
  const product = emitter.op('Where', [
    emitter.op('Equal', [coefficients, zero]),
    zero,
    emitter.op('Mul', [coefficients, row]),
  ])
  const sum = emitter.op('ReduceSum', [product, emitter.ints([2])], { attributes: { keepdims: { int: 0 } } })
  return emitter.op('Add', [slice(0, groups), sum])
}

/** Features of linear leaves, ascending. */
async function featuresUsed(
  opened: LightgbmOpenModel,
  width: number,
  trees: number,
): Promise<readonly number[]> {
  const used = new Set<number>()
  for await (const { index, linear } of opened.readTrees()) {
    if (index >= trees) break
    for (const feature of linear?.features ?? []) {
      if (!(feature >= 0 && feature < width))
        throw invalid(`tree ${index} has a coefficient of feature ${feature} of ${width}`)
      used.add(feature)
    }
  }
  return [...used].toSorted((a, b) => a - b)
}

/**
 * A tree whose leaves ask first whether their features are there: with NaN among them, a leaf's plain value counts.
 * x ≤ +∞ holds for all but NaN.
 */
function checked(tree: LightgbmTree, target: (feature: number) => number): { tree: Tree; leaves: Leaves } {
  const { tree: nodes, leaf } = treeOf(tree)
  const [left, right, feature, threshold] = [
    Array.from(nodes.left),
    Array.from(nodes.right),
    Array.from(nodes.feature),
    Array.from(nodes.threshold),
  ]
  const starts = startsOf(tree)
  /** Of leaves that stand behind the others: whose they are, and whether they are linear. */
  const behind = new Map<number, { readonly of: number; readonly linear: boolean }>()
  const add = (of: number, linear: boolean): number => {
    behind.set(left.length, { of, linear })
    return left.push(-1) - 1
  }
  const [splits, size] = [tree.leftChild.length, left.length]
  for (let node = splits; node < size; node++) {
    const of = leaf(node)
    let at = node
    for (let i = starts[of]!; i < starts[of + 1]!; i++) {
      const last = i + 1 === starts[of + 1]!
      feature[at] = tree.linear!.features[i]!
      threshold[at] = Number.POSITIVE_INFINITY
      right[at] = add(of, false)
      left[at] = add(of, last)
      at = left[at]!
    }
    if (at === node) behind.set(node, { of, linear: tree.linear !== undefined })
  }
  return {
    tree: { ...nodes, left, right, feature, threshold },
    leaves: (node, put) => {
      const { of, linear } = behind.get(node)!
      put(tree.group, linear ? tree.linear!.constant[of]! : tree.leafValue[of]!)
      if (linear)
        for (let i = starts[of]!; i < starts[of + 1]!; i++)
          put(target(tree.linear!.features[i]!), tree.linear!.coefficients[i]!)
    },
  }
}

/** Where each leaf's features begin. Throws CONVERT_INVALID where arrays don't fit each other. */
function startsOf({ index, linear, leafValue }: LightgbmTree): Int32Array {
  const starts = new Int32Array(leafValue.length + 1)
  if (!linear) return starts
  const fits = linear.counts.length === leafValue.length && linear.constant.length === leafValue.length
  if (!fits)
    throw invalid(
      `tree ${index} has ${leafValue.length} leaves, and linear models of ${linear.counts.length}`,
    )
  for (const [i, count] of linear.counts.entries()) {
    if (count < 0) throw invalid(`tree ${index} has a leaf with ${count} features`)
    starts[i + 1] = starts[i]! + count
  }
  checkLength(index, starts.at(-1)!, linear)
  return starts
}

function checkLength(index: number, total: number, { features, coefficients }: LinearLeaves): void {
  if (features.length !== total || coefficients.length !== total)
    throw invalid(
      `tree ${index} has leaves with ${total} features; it names ${features.length}, with ${coefficients.length} coefficients`,
    )
}
