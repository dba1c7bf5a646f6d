import type { Emitter, Value } from '../../../graph/types.ts'
import { type EstimatorConverter, type Fitted, features } from '../../estimator.ts'
import { normalized } from '../scaling/normalize.ts'

/**
 * Counts [N, V] in float64 to tf-idf: 1 + ln(tf) where sublinear_tf is set, times idf, over each row's norm. Rows without
 * a term stay 0.
 */
export async function weighted(emitter: Emitter, counts: Value, estimator: Fitted): Promise<Value> {
  let x = counts
  if (estimator.bool('sublinear_tf', false)) x = sublinear(emitter, x)
  const width = x.shape?.[1]
  if (estimator.bool('use_idf', true) && typeof width === 'number') {
    const idf = await idfOf(estimator, width)
    x = emitter.op('Mul', [x, emitter.constant('float64', [width], Array.from(idf))])
  }
  if (estimator.isNone('norm')) return x
  return normalized(emitter, x, estimator.choice('norm', ['l1', 'l2'], 'l2'))
}

function sublinear(emitter: Emitter, counts: Value): Value {
  const zero = emitter.scalar('float64', 0)
  const logged = emitter.op('Add', [emitter.op('Log', [counts]), emitter.scalar('float64', 1)])
  return emitter.op('Where', [emitter.op('Equal', [counts, zero]), counts, logged])
}

/** `idf_`; before 1.4 it was the diagonal of a sparse matrix, which has an element in each row. */
async function idfOf(estimator: Fitted, width: number): Promise<Float64Array> {
  if (estimator.has('idf_')) return estimator.floats('idf_', [width])
  const diagonal = estimator.object('_idf_diag')
  return diagonal.floats('data', diagonal.className.startsWith('dia') ? [1, width] : [width])
}

export const tfidfTransformer: EstimatorConverter = {
  async convert({ estimator, input, emitter }) {
    return features(await weighted(emitter, input.matrix(emitter, 'float64'), estimator))
  },
}
