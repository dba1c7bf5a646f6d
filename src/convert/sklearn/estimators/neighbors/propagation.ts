import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { KERNELS } from '../../arithmetic/kernels.ts'
import { matrixOf } from '../../arithmetic/matrix.ts'
import { classesOf, type EstimatorCall, type EstimatorResult } from '../../estimator.ts'
import { nearest, searchOf } from './search.ts'

/** LabelPropagation and LabelSpreading: the fitted rows' distributions, weighed by the kernel. */
export async function propagation({ estimator, emitter, input }: EstimatorCall): Promise<EstimatorResult> {
  const m = new Arithmetic(emitter)
  const classes = await classesOf(estimator)
  const rows = await matrixOf(estimator, 'X_', [null, input.width])
  const known = await matrixOf(estimator, 'label_distributions_', [rows.rows, classes.labels.length])
  const distributions = known.weight(emitter)
  const x = input.matrix(emitter, 'float64')
  const kernel = estimator.choice('kernel', ['rbf', 'knn'], 'rbf')
  const sum =
    kernel === 'rbf'
      ? m.matmul(
          await KERNELS.rbf(m, x, rows.weight(emitter), {
            gamma: estimator.number('gamma', 20),
            degree: 0,
            coef0: 0,
          }),
          distributions,
        )
      : m.sum(m.gather(distributions, await neighbours(m), 0), 1)
  const probabilities = m.div(sum, m.sum(sum, 1, 'kept'))
  return { kind: 'classifier', classes, index: m.argmax(probabilities), probabilities }

  async function neighbours(n: Arithmetic) {
    const inner = estimator.object('nn_fit')
    return nearest(await searchOf(n, inner, input), inner, inner.integer('n_neighbors', 5, 1)).places
  }
}
