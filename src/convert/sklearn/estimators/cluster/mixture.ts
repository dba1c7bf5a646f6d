import type { Value } from '../../../graph/types.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { normalizedExp } from '../../arithmetic/probabilities.ts'
import type { EstimatorCall, EstimatorResult, Fitted } from '../../estimator.ts'
import { digamma } from './digamma.ts'

type Covariance = 'full' | 'tied' | 'diag' | 'spherical'
const COVARIANCES: readonly Covariance[] = ['full', 'tied', 'diag', 'spherical']

interface Mixture {
  readonly estimator: Fitted
  readonly covariance: Covariance
  readonly components: number
  readonly width: number
}

async function mixture(
  call: EstimatorCall,
  constantsOf: (mixture: Mixture) => Promise<Float64Array>,
): Promise<EstimatorResult> {
  const { estimator, emitter, input } = call
  const m = new Arithmetic(emitter)
  const means = estimator.array('means_')
  estimator.checkShape('means_', means, [null, input.width])
  const covariance = estimator.choice('covariance_type', COVARIANCES, 'full')
  const found: Mixture = { estimator, covariance, components: means.shape[0]!, width: input.width }
  const factors = await estimator.floats('precisions_cholesky_', shapeOf(found))
  const distances = distancesOf(m, input.matrix(emitter, 'float64'), await means.floats(), factors, found)
  const own = await constantsOf(found)
  const half = -0.5 * found.width * Math.log(2 * Math.PI)
  const determinants = determinantsOf(factors, found)
  const constants = own.map((constant, k) => constant + half + determinants[k]!)
  const joint = m.add(m.mul(distances, -0.5), m.numbers(constants))
  return { kind: 'cluster', label: m.argmax(joint), scores: normalizedExp(m, joint) }
}

function shapeOf({ covariance, components, width }: Mixture): readonly number[] {
  if (covariance === 'full') return [components, width, width]
  if (covariance === 'tied') return [width, width]
  return covariance === 'diag' ? [components, width] : [components]
}

/** The part of a component's factor of its precision: all components share a tied one. */
function factorOf(factors: Float64Array, { covariance, width }: Mixture, k: number): Float64Array {
  if (covariance === 'tied') return factors
  const size = covariance === 'full' ? width * width : covariance === 'diag' ? width : 1
  return factors.subarray(k * size, (k + 1) * size)
}

/** |(x − mean) · factor|² of each component, float64 [N, components]. */
function distancesOf(
  m: Arithmetic,
  x: Value,
  means: Float64Array,
  factors: Float64Array,
  found: Mixture,
): Value {
  const { covariance, components, width } = found
  const each = Array.from({ length: components }, (_, k) => {
    const centred = m.sub(x, m.numbers(means.subarray(k * width, (k + 1) * width)))
    const factor = factorOf(factors, found, k)
    const whole = covariance === 'full' || covariance === 'tied'
    const scaled = whole
      ? m.matmul(centred, m.numbers(factor, [width, width]))
      : m.mul(centred, m.numbers(factor))
    return m.sum(m.square(scaled), 1)
  })
  return m.columns(each)
}

/** log |factor| of each component: the sum of its diagonal's logarithms. */
function determinantsOf(factors: Float64Array, found: Mixture): readonly number[] {
  const { covariance, components, width } = found
  return Array.from({ length: components }, (_, k) => {
    const factor = factorOf(factors, found, k)
    if (covariance === 'spherical') return width * Math.log(factor[0]!)
    const step = covariance === 'diag' ? 1 : width + 1
    let sum = 0
    for (let i = 0; i < factor.length; i += step) sum += Math.log(factor[i]!)
    return sum
  })
}

export const gaussianMixture = (call: EstimatorCall): Promise<EstimatorResult> =>
  mixture(call, async ({ estimator, components }) =>
    (await estimator.floats('weights_', [components])).map(weight => Math.log(weight)),
  )

/** Expectations of logarithms under the posterior (Bishop, Pattern Recognition and Machine Learning, 10.64 to 10.71). */
export const bayesianMixture = (call: EstimatorCall): Promise<EstimatorResult> =>
  mixture(call, async found => {
    const { estimator, components, width } = found
    const weights = await logWeights(found)
    const freedom = await estimator.floats('degrees_of_freedom_', [components])
    const precision = await estimator.floats('mean_precision_', [components])
    return weights.map((weight, k) => {
      const nu = freedom[k]!
      let lambda = width * Math.log(2)
      for (let i = 0; i < width; i++) lambda += digamma(0.5 * (nu - i))
      return weight - 0.5 * width * Math.log(nu) + 0.5 * (lambda - width / precision[k]!)
    })
  })

async function logWeights({ estimator, components }: Mixture): Promise<Float64Array> {
  const kind = estimator.choice(
    'weight_concentration_prior_type',
    ['dirichlet_process', 'dirichlet_distribution'],
    'dirichlet_process',
  )
  if (kind === 'dirichlet_distribution') {
    const concentration = await estimator.floats('weight_concentration_', [components])
    const sum = digamma(concentration.reduce((total, element) => total + element, 0))
    return concentration.map(element => digamma(element) - sum)
  }
  // A pair of arrays: how much breaks off the stick, and how much is left.
  const pair = estimator.arrays('weight_concentration_')
  if (pair.length !== 2)
    throw estimator.invalid('weight_concentration_', `has ${pair.length} arrays, and 2 are expected`)
  for (const array of pair) estimator.checkShape('weight_concentration_', array, [components])
  const [a, b] = [await pair[0]!.floats(), await pair[1]!.floats()]
  let left = 0
  return a.map((element, k) => {
    const sum = digamma(element + b[k]!)
    const log = digamma(element) - sum + left
    left += digamma(b[k]!) - sum
    return log
  })
}
