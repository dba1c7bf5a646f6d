import type { Emitter, Value } from '../../../graph/types.ts'
import { type EstimatorConverter, features } from '../../estimator.ts'

export type Norm = 'l1' | 'l2' | 'max'

/** scikit-learn's _handle_zeros_in_scale: norms below 10 ulps of 1 count as 0, and divide by 1. */
const SMALLEST = 10 * Number.EPSILON

/** Rows [N, k] of float64, over their norms; rows of zeros stay. */
export function normalized(emitter: Emitter, x: Value, norm: Norm): Value {
  const size = normOf(emitter, x, norm)
  const small = emitter.op('Less', [size, emitter.scalar('float64', SMALLEST)])
  return emitter.op('Div', [x, emitter.op('Where', [small, emitter.scalar('float64', 1), size])])
}

function normOf(emitter: Emitter, x: Value, norm: Norm): Value {
  const types = [{ dtype: x.dtype, shape: [x.shape?.[0] ?? null, 1] }]
  const axes = emitter.ints([1])
  if (norm === 'max') return emitter.op('ReduceMax', [emitter.op('Abs', [x]), axes], { types })
  return emitter.op(norm === 'l1' ? 'ReduceL1' : 'ReduceL2', [x, axes], { types })
}

export const normalizer: EstimatorConverter = {
  async convert({ estimator, input, emitter }) {
    const norm = estimator.choice('norm', ['l2', 'l1', 'max'], 'l2')
    return features(normalized(emitter, input.matrix(emitter, 'float64'), norm))
  },
}
