import type { Value } from '../../../graph/types.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { inverse } from '../../arithmetic/inverse.ts'
import { matrixOf } from '../../arithmetic/matrix.ts'
import { type EstimatorCall, type FeaturesResult, features } from '../../estimator.ts'

/** x · componentsᵀ. */
export async function projected({ estimator, emitter, input }: EstimatorCall): Promise<FeaturesResult> {
  const components = await matrixOf(estimator, 'components_', [null, input.width])
  return features(new Arithmetic(emitter).times(input.matrix(emitter, 'float64'), components.weight(emitter)))
}

async function centred({ estimator, emitter, input }: EstimatorCall, m: Arithmetic): Promise<Value> {
  const x = input.matrix(emitter, 'float64')
  return estimator.isNone('mean_') ? x : m.sub(x, m.numbers(await estimator.floats('mean_', [input.width])))
}

/** (x − mean) · componentsᵀ, divided by each component's deviation where it whitens. */
export async function principal(call: EstimatorCall): Promise<FeaturesResult> {
  const { estimator, emitter, input } = call
  const m = new Arithmetic(emitter)
  const components = await matrixOf(estimator, 'components_', [null, input.width])
  const scores = m.times(await centred(call, m), components.weight(emitter))
  if (!estimator.bool('whiten', false)) return features(scores)
  const variance = await estimator.floats('explained_variance_', [components.rows])
  return features(m.div(scores, m.numbers(variance.map(each => Math.max(Math.sqrt(each), Number.EPSILON)))))
}

/** FastICA: its components whiten by themselves. `mean_` is there where it does. */
export async function independent(call: EstimatorCall): Promise<FeaturesResult> {
  const { estimator, emitter, input } = call
  const m = new Arithmetic(emitter)
  const components = await matrixOf(estimator, 'components_', [null, input.width])
  const whitens = estimator.value('whiten') !== false
  const from = whitens ? await centred(call, m) : input.matrix(emitter, 'float64')
  return features(m.times(from, components.weight(emitter)))
}

/** (x − mean) · (W/ψ)ᵀ · (I + (W/ψ) Wᵀ)⁻¹: the latent variables' means (Barber, Bayesian Reasoning, 21.1.7). */
export async function factorAnalysis(call: EstimatorCall): Promise<FeaturesResult> {
  const { estimator, emitter, input } = call
  const m = new Arithmetic(emitter)
  const components = await matrixOf(estimator, 'components_', [null, input.width])
  const [count, width] = [components.rows, components.columns]
  const w = await components.floats()
  const noise = await estimator.floats('noise_variance_', [width])
  const scaled = w.map((element, i) => element / noise[i % width]!)
  const gram = productOf(scaled, w, count, width)
  for (let i = 0; i < count; i++) gram[i * count + i]! += 1
  const covariance = m.numbers(inverse(gram, count), [count, count])
  const scores = m.times(await centred(call, m), m.numbers(scaled, [count, width]))
  return features(m.matmul(scores, covariance))
}

/** Ridge regression on the components, for all rows at once: (x − mean) · Cᵀ · (C Cᵀ + α I)⁻¹. */
export async function sparseComponents(call: EstimatorCall): Promise<FeaturesResult> {
  const { estimator, emitter, input } = call
  const m = new Arithmetic(emitter)
  const components = await matrixOf(estimator, 'components_', [null, input.width])
  const c = await components.floats()
  const count = components.rows
  const gram = productOf(c, c, count, components.columns)
  const alpha = estimator.number('ridge_alpha', 0.01)
  for (let i = 0; i < count; i++) gram[i * count + i]! += alpha
  const scores = m.times(await centred(call, m), components.weight(emitter))
  return features(m.matmul(scores, m.numbers(inverse(gram, count), [count, count])))
}

/** a · bᵀ of matrices [count, width]. */
function productOf(a: Float64Array, b: Float64Array, count: number, width: number): Float64Array {
  const out = new Float64Array(count * count)
  for (let i = 0; i < count; i++)
    for (let j = 0; j < count; j++) {
      let sum = 0
      for (let k = 0; k < width; k++) sum += a[i * width + k]! * b[j * width + k]!
      out[i * count + j] = sum
    }
  return out
}
