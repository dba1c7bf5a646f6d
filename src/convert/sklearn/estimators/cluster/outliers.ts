import type { Value } from '../../../graph/types.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { matrixOf } from '../../arithmetic/matrix.ts'
import type { ClusterResult, EstimatorCall } from '../../estimator.ts'

/** 1 from a score of 0 on, else −1. */
export function outliers(m: Arithmetic, scores: Value): ClusterResult {
  return { kind: 'cluster', label: m.cast(m.where(m.greaterOrEqual(scores, 0), 1, -1), 'int64'), scores }
}

/** −(x − location)ᵀ precision (x − location) − offset: the squared Mahalanobis distance. */
export async function ellipticEnvelope({ estimator, emitter, input }: EstimatorCall): Promise<ClusterResult> {
  const m = new Arithmetic(emitter)
  const { width } = input
  const precision = await matrixOf(estimator, 'precision_', [width, width])
  const location = m.numbers(await estimator.floats('location_', [width]))
  const centred = m.sub(input.matrix(emitter, 'float64'), location)
  const distance = m.sum(m.mul(m.matmul(centred, precision.weight(emitter)), centred), 1)
  return outliers(m, m.sub(m.of('Neg', distance), estimator.number('offset_')))
}

/** SGDOneClassSVM: x · coef − offset. */
export async function linearOneClass({ estimator, emitter, input }: EstimatorCall): Promise<ClusterResult> {
  const m = new Arithmetic(emitter)
  const coefficients = await matrixOf(estimator, 'coef_', [1, input.width])
  const offset = (await estimator.floats('offset_', [1]))[0]!
  const sum = m.times(input.matrix(emitter, 'float64'), coefficients.weight(emitter))
  return outliers(m, m.sub(m.squeeze(sum, 1), offset))
}
