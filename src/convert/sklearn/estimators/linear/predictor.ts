import type { Value } from '../../../graph/types.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { matrixOf } from '../../arithmetic/matrix.ts'
import type { EstimatorCall } from '../../estimator.ts'

type Called = Pick<EstimatorCall, 'estimator' | 'emitter' | 'input'>

/** x · coefᵀ + intercept: float64 [N, targets], of `coef_` [features] or [targets, features]. */
export async function linearPredictor({ estimator, emitter, input }: Called): Promise<Value> {
  const m = new Arithmetic(emitter)
  const coefficients = await matrixOf(estimator, 'coef_', [null, input.width])
  const x = input.matrix(emitter, 'float64')
  const intercept = await interceptOf({ estimator }, coefficients.rows)
  return m.times(x, coefficients.weight(emitter), intercept && m.numbers(intercept))
}

/** `intercept_` for each target, where one number may stand for all; undefined where all are 0. */
async function interceptOf(
  { estimator }: Pick<Called, 'estimator'>,
  targets: number,
): Promise<Float64Array | undefined> {
  const found = await estimator.floats('intercept_')
  if (found.every(element => element === 0) && found.length > 0) return undefined
  if (found.length === targets) return found
  if (found.length === 1) return new Float64Array(targets).fill(found[0]!)
  throw estimator.invalid('intercept_', `has ${found.length} elements, and 'coef_' ${targets} rows`)
}
