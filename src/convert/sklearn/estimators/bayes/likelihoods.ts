import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { matrixOf } from '../../arithmetic/matrix.ts'
import { classesOf, type EstimatorCall, type EstimatorResult } from '../../estimator.ts'
import { posterior } from './posterior.ts'

/** log prior − ½ Σ log 2πσ² − ½ Σ (x − θ)²/σ². */
export async function gaussian({ estimator, emitter, input }: EstimatorCall): Promise<EstimatorResult> {
  const m = new Arithmetic(emitter)
  const classes = await classesOf(estimator)
  const shape = [classes.labels.length, input.width] as const
  const means = await matrixOf(estimator, 'theta_', shape)
  // `sigma_` before 1.0.
  const variances = await estimator.floats(['var_', 'sigma_'], shape)
  const priors = await estimator.floats('class_prior_', [shape[0]])
  const constants = priors.map((prior, k) => {
    const own = variances.subarray(k * shape[1], (k + 1) * shape[1])
    return Math.log(prior) - 0.5 * own.reduce((sum, variance) => sum + Math.log(2 * Math.PI * variance), 0)
  })
  const x = m.unsqueeze(input.matrix(emitter, 'float64'), 1)
  const squares = m.square(m.sub(x, means.weight(emitter)))
  const distances = m.sum(m.div(squares, m.numbers(variances, shape)), 2)
  return posterior(m, classes, m.add(m.mul(distances, -0.5), m.numbers(constants)))
}

/** Σ x · log P(feature | class) + log prior. */
export async function multinomial({ estimator, emitter, input }: EstimatorCall): Promise<EstimatorResult> {
  const m = new Arithmetic(emitter)
  const classes = await classesOf(estimator)
  const count = classes.labels.length
  const weights = await matrixOf(estimator, 'feature_log_prob_', [count, input.width])
  const priors = m.numbers(await estimator.floats('class_log_prior_', [count]))
  return posterior(m, classes, m.times(input.matrix(emitter, 'float64'), weights.weight(emitter), priors))
}

/** As `multinomial`, with weights of the other classes; the prior counts where there is one class only. */
export async function complement(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter, input } = call
  const classes = await classesOf(estimator)
  const count = classes.labels.length
  if (count === 1) return multinomial(call)
  const m = new Arithmetic(emitter)
  const weights = await matrixOf(estimator, 'feature_log_prob_', [count, input.width])
  return posterior(m, classes, m.times(input.matrix(emitter, 'float64'), weights.weight(emitter)))
}

/** Σ x log p + (1 − x) log(1 − p) + log prior, of features that are above the threshold or not. */
export async function bernoulli({ estimator, emitter, input }: EstimatorCall): Promise<EstimatorResult> {
  const m = new Arithmetic(emitter)
  const classes = await classesOf(estimator)
  const shape = [classes.labels.length, input.width] as const
  const yes = await estimator.floats('feature_log_prob_', shape)
  const no = yes.map(log => Math.log(1 - Math.exp(log)))
  const priors = await estimator.floats('class_log_prior_', [shape[0]])
  const constants = priors.map(
    (prior, k) => prior + no.subarray(k * shape[1], (k + 1) * shape[1]).reduce((sum, log) => sum + log, 0),
  )
  const weights = m.numbers(
    yes.map((log, i) => log - no[i]!),
    shape,
  )
  const x = input.matrix(emitter, 'float64')
  const bits = estimator.isNone('binarize')
    ? x
    : m.cast(m.greater(x, estimator.number('binarize')), 'float64')
  return posterior(m, classes, m.times(bits, weights, m.numbers(constants)))
}
