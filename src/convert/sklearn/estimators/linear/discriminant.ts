import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { matrixOf } from '../../arithmetic/matrix.ts'
import { ofTwo, softmax } from '../../arithmetic/probabilities.ts'
import { Columns } from '../../columns.ts'
import {
  classesOf,
  type EstimatorCall,
  type EstimatorConverter,
  type EstimatorResult,
  type FeaturesResult,
} from '../../estimator.ts'
import { decided } from './classifiers.ts'

async function linearDiscriminant(call: EstimatorCall): Promise<EstimatorResult> {
  if (call.purpose === 'transform') return projected(call)
  const { m, classes, decision, index } = await decided(call)
  const two = classes.labels.length === 2
  const probabilities = two ? ofTwo(m, m.logistic(decision)) : softmax(m, decision)
  return { kind: 'classifier', index, classes, decision, probabilities }
}

/** The first components of (x − mean) · scalings; the eigenvalue solver does not centre. */
async function projected({ estimator, emitter, input }: EstimatorCall): Promise<FeaturesResult> {
  const m = new Arithmetic(emitter)
  const scalings = await matrixOf(estimator, 'scalings_', [input.width, null])
  const x = input.matrix(emitter, 'float64')
  const centred = estimator.choice('solver', ['svd', 'eigen'], 'svd') === 'svd'
  const from = centred ? m.sub(x, m.numbers(await estimator.floats('xbar_', [input.width]))) : x
  const all = new Columns([m.matmul(from, scalings.weight(emitter))])
  const count = Math.min(estimator.integer('_max_components', scalings.columns, 1), scalings.columns)
  return {
    kind: 'features',
    columns: all.pick(
      emitter,
      Array.from({ length: count }, (_, i) => i),
    ),
  }
}

/**
 * −½ (Σ ((x − mean) R S^−½)² + Σ log S) + log prior of each class, with R and S of its covariance's decomposition
 * (Hastie et al., The Elements of Statistical Learning, eq. 4.12).
 */
async function quadraticDiscriminant({ estimator, emitter, input }: EstimatorCall): Promise<EstimatorResult> {
  const m = new Arithmetic(emitter)
  const classes = await classesOf(estimator)
  const count = classes.labels.length
  const { width } = input
  const x = input.matrix(emitter, 'float64')
  const means = await estimator.floats('means_', [count, width])
  const priors = await estimator.floats('priors_', [count])
  const rotations = estimator.arrays('rotations_')
  const scalings = estimator.arrays('scalings_')
  if (rotations.length !== count || scalings.length !== count)
    throw estimator.invalid('rotations_', `has ${rotations.length} elements for ${count} classes`)
  const scores = []
  for (const [i, rotation] of rotations.entries()) {
    const spread = await scalings[i]!.floats()
    const rank = spread.length
    estimator.checkShape('rotations_', rotation, [width, rank])
    const whitening = (await rotation.floats()).map((element, at) => element * spread[at % rank]! ** -0.5)
    const centred = m.sub(x, m.numbers(means.subarray(i * width, (i + 1) * width)))
    const distance = m.sum(m.square(m.matmul(centred, m.numbers(whitening, [width, rank]))), 1)
    const constant = Math.log(priors[i]!) - 0.5 * spread.reduce((sum, element) => sum + Math.log(element), 0)
    scores.push(m.add(m.mul(distance, -0.5), constant))
  }
  const all = m.columns(scores)
  const decision = count === 2 ? m.sub(scores[1]!, scores[0]!) : all
  return { kind: 'classifier', index: m.argmax(all), classes, decision, probabilities: softmax(m, all) }
}

export const discriminants: Readonly<Record<string, EstimatorConverter>> = {
  LinearDiscriminantAnalysis: { convert: linearDiscriminant },
  QuadraticDiscriminantAnalysis: { convert: quadraticDiscriminant },
}
