import type { Value } from '../../../../graph/types.ts'
import { Arithmetic } from '../../../arithmetic/arithmetic.ts'
import { matrixOf } from '../../../arithmetic/matrix.ts'
import type { EstimatorCall, EstimatorResult, Fitted } from '../../../estimator.ts'
import { covarianceOf } from './kernels.ts'

/** The mean of the posterior: k(x, fitted rows) · α, scaled back. */
export async function regressor({ estimator, emitter, input }: EstimatorCall): Promise<EstimatorResult> {
  const m = new Arithmetic(emitter)
  const rows = await matrixOf(estimator, 'X_train_', [null, input.width])
  const alpha = estimator.array('alpha_')
  const targets = alpha.shape[1] ?? 1
  if (alpha.size !== rows.rows * targets)
    throw estimator.invalid('alpha_', `has ${alpha.size} elements for ${rows.rows} rows`)
  const kernel = await covarianceOf(estimator.object('kernel_'), input.width)
  const [x, y] = [input.matrix(emitter, 'float64'), rows.weight(emitter)]
  const cross = await kernel.cross(m, x, y)
  const weights = emitter.weight(
    { dtype: 'float64', shape: [rows.rows, targets], data: alpha.stream('float64') },
    `${emitter.source.name}/alpha_`,
  )
  const mean = m.matmul(wide(m, cross, x, y), weights)
  const [scale, centre] = [
    await scaling(estimator, '_y_train_std', 1),
    await scaling(estimator, '_y_train_mean', 0),
  ]
  for (const [name, { length }] of [
    ['_y_train_std', scale],
    ['_y_train_mean', centre],
  ] as const)
    if (length !== 1 && length !== targets)
      throw estimator.invalid(name, `has ${length} elements for ${targets} targets`)
  return { kind: 'regressor', value: m.add(m.mul(mean, m.numbers(scale)), m.numbers(centre)) }
}

const scaling = async (estimator: Fitted, name: string, plain: number): Promise<Float64Array> =>
  estimator.has(name) ? estimator.floats(name) : Float64Array.of(plain)

/** A kernel that is the same for all rows, as one of each row and fitted row. */
export function wide(m: Arithmetic, cross: Value, x: Value, y: Value): Value {
  if (cross.shape?.length === 2) return cross
  const size = m.concat([m.rows(x), m.rows(y)], 0)
  const shape = [x.shape?.[0] ?? null, y.shape?.[0] ?? null]
  return m.emitter.op('Expand', [cross, size], { types: [{ dtype: 'float64', shape }] })
}
