import type { Value } from '../../../graph/types.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { matrixOf } from '../../arithmetic/matrix.ts'
import {
  type EstimatorCall,
  type EstimatorConverter,
  type EstimatorResult,
  features,
} from '../../estimator.ts'

/** (x − mean) / scale: the deviation of what did not vary is stored as 1. */
async function standardized({ estimator, emitter, input }: EstimatorCall, m: Arithmetic): Promise<Value> {
  const mean = await estimator.floats('_x_mean', [input.width])
  const scale = await estimator.floats('_x_std', [input.width])
  return m.div(m.sub(input.matrix(emitter, 'float64'), m.numbers(mean)), m.numbers(scale))
}

/**
 * PLSRegression, PLSCanonical and CCA. `coef_` changed its shape in 1.3 and its scale in 1.4; what it is made of, the
 * rotations of x and the loadings of y, did not.
 */
async function partialLeastSquares(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter, input } = call
  const m = new Arithmetic(emitter)
  const rotations = await matrixOf(estimator, 'x_rotations_', [input.width, null])
  const scores = m.matmul(await standardized(call, m), rotations.weight(emitter))
  if (call.purpose === 'transform') return features(scores)
  const loadings = await matrixOf(estimator, 'y_loadings_', [null, rotations.columns])
  const targets = loadings.rows
  const scale = m.numbers(await estimator.floats('_y_std', [targets]))
  const mean = m.numbers(await estimator.floats('_y_mean', [targets]))
  const value = m.add(m.mul(m.times(scores, loadings.weight(emitter)), scale), mean)
  return { kind: 'regressor', value }
}

async function singularVectors(call: EstimatorCall): Promise<EstimatorResult> {
  const m = new Arithmetic(call.emitter)
  const weights = await matrixOf(call.estimator, 'x_weights_', [call.input.width, null])
  return features(m.matmul(await standardized(call, m), weights.weight(call.emitter)))
}

export const leastSquares: Readonly<Record<string, EstimatorConverter>> = {
  PLSRegression: { convert: partialLeastSquares },
  PLSCanonical: { convert: partialLeastSquares },
  CCA: { convert: partialLeastSquares },
  PLSSVD: { convert: singularVectors },
}
