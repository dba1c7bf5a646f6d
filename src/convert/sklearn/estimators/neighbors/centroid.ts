import type { Value } from '../../../graph/types.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { comparedDistances, squaredDistances, summedDistances } from '../../arithmetic/distances.ts'
import { matrixOf } from '../../arithmetic/matrix.ts'
import { softmax } from '../../arithmetic/probabilities.ts'
import {
  type ClassifierResult,
  classesOf,
  type EstimatorCall,
  type EstimatorResult,
} from '../../estimator.ts'

/** How far priors may be from each other to count as equal: numpy.isclose. */
const CLOSE = { relative: 1e-5, absolute: 1e-8 }

/** The nearest centroid; since 1.6 with priors and, of the Euclidean metric, probabilities. */
export async function nearestCentroid(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter, input } = call
  const m = new Arithmetic(emitter)
  const classes = await classesOf(estimator)
  const count = classes.labels.length
  const metric = estimator.choice('metric', ['euclidean', 'manhattan'], 'euclidean')
  const centroids = await matrixOf(estimator, 'centroids_', [count, input.width])
  const [x, y] = [input.matrix(emitter, 'float64'), centroids.weight(emitter)]
  const distances =
    metric === 'euclidean' ? comparedDistances(m, x, y) : await summedDistances(m, x, y, 'manhattan')
  const index = m.argmin(distances)
  if (!estimator.has('class_prior_')) return { kind: 'classifier', classes, index }
  const priors = await estimator.floats('class_prior_', [count])
  const scores = await discriminant(call, m, { x, y, metric, priors })
  const even = priors.every(prior => Math.abs(prior - 1 / count) <= CLOSE.absolute + CLOSE.relative / count)
  const result = { kind: 'classifier', classes, index: even ? index : m.argmax(scores) } as const
  return metric === 'euclidean' ? scored(m, result, scores, count) : result
}

function scored(m: Arithmetic, result: ClassifierResult, scores: Value, count: number): ClassifierResult {
  const decision = count === 2 ? m.sub(m.column(scores, 1), m.column(scores, 0)) : scores
  return { ...result, decision, probabilities: softmax(m, scores) }
}

interface Rows {
  readonly x: Value
  readonly y: Value
  readonly metric: 'euclidean' | 'manhattan'
  readonly priors: Float64Array
}

/** 2 log prior − distance², of features divided by their deviation within the classes (Hastie et al., eq. 18.2). */
async function discriminant(
  { estimator, input }: EstimatorCall,
  m: Arithmetic,
  { x, y, metric, priors }: Rows,
): Promise<Value> {
  const deviations = await estimator.floats('within_class_std_dev_', [input.width])
  const scale = m.numbers(deviations.map(deviation => (deviation === 0 ? 1 : deviation)))
  const [a, b] = [m.div(x, scale), m.div(y, scale)]
  const squares =
    metric === 'euclidean' ? squaredDistances(m, a, b) : m.square(await summedDistances(m, a, b, 'manhattan'))
  return m.sub(m.numbers(priors.map(prior => 2 * Math.log(prior))), squares)
}
