import type { Value } from '../../../graph/types.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { KERNELS } from '../../arithmetic/kernels.ts'
import { type Matrix, matrixOf } from '../../arithmetic/matrix.ts'
import type { EstimatorCall } from '../../estimator.ts'

/** A support vector machine of libsvm, with its kernel of the rows that are asked about. */
export interface Machine {
  readonly m: Arithmetic
  /** k(x, support vector): float64 [N, S]. */
  readonly kernel: Value
  /** [classes − 1, S], or [1, S]. */
  readonly coefficients: Matrix
  /** Of each pair of classes, or one. */
  readonly intercepts: Float64Array
}

const LIBSVM = ['linear', 'poly', 'rbf', 'sigmoid', 'precomputed'] as const

export async function machineOf({ estimator, emitter, input }: EstimatorCall): Promise<Machine> {
  const m = new Arithmetic(emitter)
  const name = estimator.choice('kernel', LIBSVM, 'rbf')
  // Those of two classes have the other sign in `dual_coef_`, and libsvm's own in `_dual_coef_`.
  const coefficients = await matrixOf(estimator, ['_dual_coef_', 'dual_coef_'])
  const intercepts = await estimator.floats(['_intercept_', 'intercept_'])
  const count = coefficients.columns
  const x = input.matrix(emitter, 'float64')
  if (name === 'precomputed') {
    const support = await estimator.array('support_').integers()
    if (support.length !== count || support.some(place => place < 0 || place >= input.width))
      throw estimator.invalid('support_', `names other rows than the ${input.width} of the kernel`)
    return { m, kernel: m.gather(x, support, 1), coefficients, intercepts }
  }
  const vectors = await matrixOf(estimator, 'support_vectors_', [count, input.width])
  const kernel = await KERNELS[name](m, x, vectors.weight(emitter), {
    gamma: estimator.number('_gamma', 0),
    // libsvm takes a whole number.
    degree: Math.trunc(estimator.number('degree', 3)),
    coef0: estimator.number('coef0', 0),
  })
  return { m, kernel, coefficients, intercepts }
}

/** Σ coefficient · k(x, support vector) + intercept: float64 [N]. */
export function single({ m, kernel, coefficients, intercepts }: Machine): Value {
  const sum = m.times(kernel, coefficients.weight(m.emitter))
  return m.squeeze(m.add(sum, intercepts[0] ?? 0), 1)
}
