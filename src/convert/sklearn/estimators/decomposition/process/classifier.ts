import type { Value } from '../../../../graph/types.ts'
import { Refusal } from '../../../../refusals.ts'
import { Arithmetic } from '../../../arithmetic/arithmetic.ts'
import { inverseOfLower } from '../../../arithmetic/inverse.ts'
import { matrixOf } from '../../../arithmetic/matrix.ts'
import { above, ofTwo } from '../../../arithmetic/probabilities.ts'
import {
  type ClassifierResult,
  classesOf,
  type EstimatorCall,
  type EstimatorResult,
} from '../../../estimator.ts'
import { erf } from './erf.ts'
import { covarianceOf } from './kernels.ts'
import { wide } from './regressor.ts'

/** Fitted rows of one binary process: its matrix of n² is inverted here, in n³ / 6 steps. */
const MAX_ROWS = 2048

/** The logistic function as a sum of error functions (Williams and Barber 1998, appendix A), as scikit-learn has it. */
const SCALES = [0.41, 0.4, 0.37, 0.44, 0.39]
const WEIGHTS = [-1854.8214151, 3516.89893646, 221.29346712, 128.12323805, -2010.49422654]

/** Of two classes one binary process, of more one each, or one for each pair. */
export async function classifier(call: EstimatorCall): Promise<EstimatorResult> {
  const inner = call.estimator.estimator('base_estimator_')
  const classes = await classesOf(call.estimator)
  const result = await call.classify('base_estimator_', inner, call.input)
  return { ...result, classes }
}

/** A binary process by Laplace's approximation (Rasmussen and Williams, algorithm 3.2). */
export async function binary({ estimator, emitter, input }: EstimatorCall): Promise<ClassifierResult> {
  const m = new Arithmetic(emitter)
  const rows = await matrixOf(estimator, 'X_train_', [null, input.width])
  const count = rows.rows
  if (count > MAX_ROWS) throw new Refusal(`${count} fitted rows, and ${MAX_ROWS} are the most`)
  const targets = await estimator.floats('y_train_', [count])
  const fitted = await estimator.floats('pi_', [count])
  const kernel = await covarianceOf(estimator.object('kernel_'), input.width)
  const [x, y] = [input.matrix(emitter, 'float64'), rows.weight(emitter)]
  const cross = wide(m, await kernel.cross(m, x, y), x, y)
  const residual = m.numbers(
    targets.map((target, i) => target - fitted[i]!),
    [count, 1],
  )
  const latent = m.squeeze(m.matmul(cross, residual), 1)
  const root = await estimator.floats('W_sr_', [count])
  const lower = inverseOfLower(await estimator.floats('L_', [count, count]), count)
  const v = m.times(m.mul(cross, m.numbers(root)), m.numbers(lower, [count, count]))
  const variance = m.sub(kernel.diagonal(m, x), m.sum(m.square(v), 1))
  const probabilities = ofTwo(m, averaged(m, latent, variance))
  return {
    kind: 'classifier',
    classes: await classesOf(estimator),
    index: above(m, latent, 0),
    probabilities,
  }
}

/** The mean of the logistic function of a normal variable: Σ w/2 (1 + erf(λ f / √(1 + 2 λ² σ²))). */
function averaged(m: Arithmetic, latent: Value, variance: Value): Value {
  const scales = m.numbers(SCALES)
  const spread = m.add(m.mul(m.unsqueeze(variance, 1), m.numbers(SCALES.map(scale => 2 * scale ** 2))), 1)
  const terms = erf(m, m.div(m.mul(m.unsqueeze(latent, 1), scales), m.of('Sqrt', spread)))
  const half = m.mul(m.sum(m.mul(terms, m.numbers(WEIGHTS)), 1), 0.5)
  return m.add(half, 0.5 * WEIGHTS.reduce((sum, weight) => sum + weight, 0))
}
