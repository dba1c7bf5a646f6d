import type { Value } from '../../../graph/types.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { comparedDistances, squaredDistances } from '../../arithmetic/distances.ts'
import { matrixOf } from '../../arithmetic/matrix.ts'
import { type EstimatorCall, type EstimatorResult, type Fitted, features } from '../../estimator.ts'

/** Splits of one tree: a cluster fewer than it has leaves. */
const MAX_SPLITS = 10_000

interface Split {
  readonly left: Tree
  readonly right: Tree
  /** Its place among the splits. */
  readonly at: number
}

type Tree = Split | { readonly label: number }

/** Each split sends a row to the nearer of its two centres, of equal ones to the left. */
export async function bisecting(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter, input } = call
  const m = new Arithmetic(emitter)
  const x = input.matrix(emitter, 'float64')
  const centres = await matrixOf(estimator, 'cluster_centers_', [null, input.width])
  const distances = () => m.of('Sqrt', squaredDistances(m, x, centres.weight(emitter)))
  if (call.purpose === 'transform') return features(distances())
  const pairs: Float64Array[] = []
  const tree = await treeOf(estimator.object('_bisecting_tree'), pairs, input.width)
  const label = 'label' in tree ? alone(m, tree.label, x) : split(m, tree, await comparing(call, m, x, pairs))
  return { kind: 'cluster', label, scores: distances() }
}

const alone = (m: Arithmetic, label: number, x: Value): Value =>
  m.squeeze(m.repeated(m.emitter.constant('int64', [1, 1], [label]), x), 1)

/** What is left of the distances from both centres of every split: float64 [N, 2 splits]. */
async function comparing(
  { estimator, input }: EstimatorCall,
  m: Arithmetic,
  x: Value,
  pairs: readonly Float64Array[],
): Promise<Value> {
  const mean = estimator.has('_X_mean') ? await estimator.floats('_X_mean', [input.width]) : undefined
  const rows = pairs.flatMap(centre => Array.from(centre, (element, i) => element + (mean?.[i] ?? 0)))
  return comparedDistances(m, x, m.numbers(rows, [pairs.length, input.width]))
}

/** Reads a tree, with the centres of each split's two sides in `pairs`. The reader bounds how deep it goes. */
async function treeOf(node: Fitted, pairs: Float64Array[], width: number): Promise<Tree> {
  if (node.isNone('left')) return { label: node.integer('label') }
  if (pairs.length >= 2 * MAX_SPLITS) throw node.invalid('left', `leads to more than ${MAX_SPLITS} splits`)
  const [left, right] = [node.object('left'), node.object('right')]
  const at = pairs.length / 2
  pairs.push(await left.floats('center', [width]), await right.floats('center', [width]))
  return { at, left: await treeOf(left, pairs, width), right: await treeOf(right, pairs, width) }
}

function split(m: Arithmetic, { at, left, right }: Split, compared: Value): Value {
  const [a, b] = [m.column(compared, 2 * at), m.column(compared, 2 * at + 1)]
  const toRight = m.less(b, a)
  const side = (tree: Tree): Value =>
    'label' in tree ? m.emitter.scalar('int64', tree.label) : split(m, tree, compared)
  return m.where(toRight, side(right), side(left))
}
