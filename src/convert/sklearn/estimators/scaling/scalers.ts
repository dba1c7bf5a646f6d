import type { Value } from '../../../graph/types.ts'
import { type EstimatorCall, type EstimatorConverter, features } from '../../estimator.ts'

/** x − mean, over scale; either may be left out. */
export const standardScaler: EstimatorConverter = {
  async convert(call) {
    const { estimator, input, emitter } = call
    let x = input.matrix(emitter, 'float64')
    if (estimator.bool('with_mean', true)) x = emitter.op('Sub', [x, await rowOf(call, 'mean_')])
    if (estimator.bool('with_std', true)) x = emitter.op('Div', [x, await rowOf(call, 'scale_')])
    return features(x)
  },
}

export const minMaxScaler: EstimatorConverter = {
  async convert(call) {
    const { estimator, input, emitter } = call
    const scaled = emitter.op('Mul', [input.matrix(emitter, 'float64'), await rowOf(call, 'scale_')])
    const moved = emitter.op('Add', [scaled, await rowOf(call, 'min_')])
    if (!estimator.bool('clip', false)) return features(moved)
    const [low, high] = await estimator.floats('feature_range', [2])
    return features(clipped(call, moved, low!, high!))
  },
}

export const maxAbsScaler: EstimatorConverter = {
  async convert(call) {
    const { estimator, input, emitter } = call
    const x = emitter.op('Div', [input.matrix(emitter, 'float64'), await rowOf(call, 'scale_')])
    return features(estimator.bool('clip', false) ? clipped(call, x, -1, 1) : x)
  },
}

export const robustScaler: EstimatorConverter = {
  async convert(call) {
    const { estimator, input, emitter } = call
    let x = input.matrix(emitter, 'float64')
    if (estimator.bool('with_centering', true)) x = emitter.op('Sub', [x, await rowOf(call, 'center_')])
    if (estimator.bool('with_scaling', true)) x = emitter.op('Div', [x, await rowOf(call, 'scale_')])
    return features(x)
  },
}

function clipped({ emitter }: EstimatorCall, x: Value, low: number, high: number): Value {
  return emitter.op('Clip', [x, emitter.scalar('float64', low), emitter.scalar('float64', high)])
}

/** An attribute with a number for each column, as float64 [k]. */
export async function rowOf({ estimator, input, emitter }: EstimatorCall, name: string): Promise<Value> {
  const numbers = await estimator.floats(name, [input.width])
  return emitter.constant('float64', [input.width], Array.from(numbers))
}
