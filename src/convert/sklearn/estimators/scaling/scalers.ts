import type { Value } from '../../../graph/types.ts'
import { type EstimatorCall, type EstimatorConverter, features } from '../../estimator.ts'

/** x − mean, over scale; either may be left out. */
export const standardScaler: EstimatorConverter = {
  async convert(call) {
    const { estimator, input, emitter } = call
    let x = input.matrix(emitter, 'float64')
    if (estimator.bool('with_mean', true) && !estimator.isNone('mean_'))
      x = emitter.op('Sub', [x, await row(call, 'mean_')])
    if (estimator.bool('with_std', true) && !estimator.isNone('scale_'))
      x = emitter.op('Div', [x, await row(call, 'scale_')])
    return features(x)
  },
}

/** An attribute with a number for each column, as float64 [k]. */
async function row({ estimator, input, emitter }: EstimatorCall, name: string): Promise<Value> {
  const numbers = await estimator.floats(name, [input.width])
  return emitter.constant('float64', [input.width], Array.from(numbers))
}

export const minMaxScaler: EstimatorConverter = {
  async convert(call) {
    const { estimator, input, emitter } = call
    let x = input.matrix(emitter, 'float64')
    x = emitter.op('Mul', [x, await row(call, 'scale_')])
    x = emitter.op('Add', [x, await row(call, 'min_')])
    return features(x)
  },
}
