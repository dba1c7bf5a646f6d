import { Refusal } from '../../../refusals.ts'
import type { Fitted } from '../../estimator.ts'
import { Records } from '../trees/records.ts'

const TREES: ReadonlySet<string> = new Set([
  'DecisionTreeClassifier',
  'DecisionTreeRegressor',
  'ExtraTreeClassifier',
  'ExtraTreeRegressor',
])
const FORESTS: ReadonlySet<string> = new Set([
  'RandomForestClassifier',
  'RandomForestRegressor',
  'ExtraTreesClassifier',
  'ExtraTreesRegressor',
])
const BOOSTED: ReadonlySet<string> = new Set(['GradientBoostingClassifier', 'GradientBoostingRegressor'])

/** `feature_importances_` of trees: by how much the splits at a column lower the impurity. */
export async function importancesOf(inner: Fitted): Promise<readonly number[]> {
  if (!inner.module.startsWith('sklearn.')) throw unknown(inner)
  const width = inner.integer('n_features_in_', undefined, 1)
  if (TREES.has(inner.className)) return toOne((await ofTree(inner, width)) ?? zeros(width))
  const forest = FORESTS.has(inner.className)
  if (!forest && !BOOSTED.has(inner.className)) throw unknown(inner)
  const trees: (readonly number[])[] = []
  for (const tree of inner.estimators('estimators_')) {
    const own = await ofTree(inner.innerOf(tree, 'estimators_'), width)
    if (own) trees.push(forest ? toOne(own) : own)
  }
  const sums = zeros(width).map((_, column) => trees.reduce((sum, tree) => sum + tree[column]!, 0))
  return toOne(sums.map(sum => sum / Math.max(1, trees.length)))
}

function unknown({ className }: Fitted): Refusal {
  return new Refusal(
    `what columns matter to its ${className} is not in the file`,
    'Use SelectFromModel over a linear model or a forest.',
  )
}

/** Undefined of a tree without a split. */
async function ofTree(estimator: Fitted, width: number): Promise<readonly number[] | undefined> {
  const nodes = await Records.of(estimator.object('tree_'), 'nodes')
  if (nodes.length < 2) return undefined
  const [left, right, column] = ['left_child', 'right_child', 'feature'].map(field => nodes.ints(field))
  const [impurity, samples] = ['impurity', 'weighted_n_node_samples'].map(field => nodes.floats(field))
  const weighted = (node: number): number => (samples![node] ?? 0) * (impurity![node] ?? 0)
  const sums = zeros(width)
  for (let node = 0; node < nodes.length; node++) {
    if (left![node]! < 0) continue
    const at = column![node]!
    if (at < 0 || at >= width) throw estimator.invalid('tree_', `splits at the column ${at} of ${width}`)
    sums[at]! += weighted(node) - weighted(left![node]!) - weighted(right![node]!)
  }
  return sums.map(sum => sum / samples![0]!)
}

const zeros = (width: number): number[] => new Array<number>(width).fill(0)

/** Scaled so that they sum to 1. */
function toOne(numbers: readonly number[]): readonly number[] {
  const sum = numbers.reduce((total, number) => total + number, 0)
  return sum > 0 ? numbers.map(number => number / sum) : numbers
}
