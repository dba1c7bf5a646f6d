import type { Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import type { Arithmetic } from '../../arithmetic/arithmetic.ts'
import {
  cosineDistances,
  type SummedMetric,
  squaredDistances,
  summedDistances,
} from '../../arithmetic/distances.ts'
import type { Columns } from '../../columns.ts'
import type { Fitted } from '../../estimator.ts'
import { comparedRows } from './rounding.ts'

/** Distances of the rows that are asked about from all fitted rows. */
export interface Search {
  readonly m: Arithmetic
  /** Float64 [N, M], in the order of distances: squared ones of the Euclidean metric, and the like. */
  readonly reduced: Value
  readonly rows: number
  /** A reduced distance as the distance, and the other way round. */
  readonly root: (reduced: Value) => Value
  readonly reduce: (distance: number) => number
}

interface Metric {
  readonly summed: SummedMetric
  /** Of p: the distance is the reduced one to the power 1/p. */
  readonly power: number
}

const SAME = { power: 1 } as const

/** Metrics whose distances are sums, or the largest, over the features. */
const METRICS: Readonly<Record<string, Metric>> = {
  euclidean: { summed: 'squared', power: 2 },
  l2: { summed: 'squared', power: 2 },
  sqeuclidean: { summed: 'squared', ...SAME },
  manhattan: { summed: 'manhattan', ...SAME },
  cityblock: { summed: 'manhattan', ...SAME },
  l1: { summed: 'manhattan', ...SAME },
  chebyshev: { summed: 'chebyshev', ...SAME },
  infinity: { summed: 'chebyshev', ...SAME },
}

const NAMES = [...Object.keys(METRICS), 'minkowski', 'cosine']

/**
 * Of an estimator of sklearn.neighbors. Its trees add up features one by one, and so do these distances, so that rows
 * at equal distances stay so; without a tree scikit-learn multiplies matrices, as is done here.
 */
export async function searchOf(m: Arithmetic, estimator: Fitted, input: Columns): Promise<Search> {
  const name = estimator.choice('effective_metric_', NAMES)
  const { x, y, rows } = await comparedRows(m, estimator, input)
  const found = { m, rows }
  const plain = { root: (reduced: Value) => reduced, reduce: (distance: number) => distance }
  if (name === 'cosine') return { ...found, ...plain, reduced: cosineDistances(m, x, y) }
  const metric = name === 'minkowski' ? minkowski(estimator) : METRICS[name]!
  const { summed, power } = metric
  const whole = estimator.value('_fit_method') === 'brute' && summed === 'squared'
  const reduced = whole ? squaredDistances(m, x, y) : await summedDistances(m, x, y, summed, power)
  if (power === 1) return { ...found, ...plain, reduced }
  return {
    ...found,
    reduced,
    root: value => (power === 2 ? m.of('Sqrt', value) : m.pow(value, 1 / power)),
    reduce: distance => distance ** power,
  }
}

/** Of a p that has no metric of its own. Weights of features come in its parameters. */
function minkowski(estimator: Fitted): Metric {
  const given = new Map(
    estimator.isNone('effective_metric_params_') ? [] : estimator.map('effective_metric_params_'),
  )
  if ((given.get('w') ?? null) !== null)
    throw new Refusal("metric='minkowski' with weights", 'Scale the features by them instead.')
  const p = given.get('p') ?? estimator.value('p')
  if (typeof p !== 'number' || !(p > 0))
    throw estimator.invalid('effective_metric_params_', 'has no p above 0')
  if (p === Number.POSITIVE_INFINITY) return METRICS['chebyshev']!
  if (p === 1 || p === 2) return METRICS[p === 1 ? 'manhattan' : 'euclidean']!
  return { summed: 'minkowski', power: p }
}

/** The nearest `count` fitted rows of each row, of equal distances the first: places int64 [N, k], distances [N, k]. */
export function nearest(
  { m, reduced, rows, root }: Search,
  estimator: Fitted,
  count: number,
): { readonly places: Value; readonly distances: Value } {
  if (count > rows) throw estimator.invalid('n_neighbors', `is ${count}, and there are ${rows} rows`)
  const { values, places } = m.smallest(reduced, count)
  return { places, distances: root(values) }
}

/** Whether neighbours count by 1 / distance; functions of your own are refused. */
export function byDistance(estimator: Fitted): boolean {
  return estimator.choice('weights', ['uniform', 'distance'], 'uniform') === 'distance'
}

/** 1 / distance; in a row with distances of 0, those count 1 and others nothing. */
export function inverseDistances(m: Arithmetic, distances: Value, among?: Value): Value {
  const zero = m.cast(m.equal(distances, 0), 'float64')
  const counted = among ? m.mul(zero, among) : zero
  const any = m.most(counted, 1, 'kept')
  const inverse = m.div(1, distances)
  const others = among ? m.where(m.greater(among, 0), inverse, 0) : inverse
  return m.where(m.greater(any, 0), counted, others)
}
