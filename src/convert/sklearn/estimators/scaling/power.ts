import type { Emitter, Value } from '../../../graph/types.ts'
import { type EstimatorCall, type EstimatorConverter, features } from '../../estimator.ts'
import { expm1, log1p } from '../arithmetic.ts'

/** Powers nearer to 0 (Yeo-Johnson below 0: to 2) are logarithms. */
const SPACING = Number.EPSILON

/** Box-Cox: (x^λ − 1)/λ, ln x. Yeo-Johnson: that of x + 1; below 0 that of 1 − x with 2 − λ, negated. */
export const powerTransformer: EstimatorConverter = {
  async convert(call) {
    const { estimator, input, emitter } = call
    const x = input.matrix(emitter, 'float64')
    const powers = await estimator.floats('lambdas_', [input.width])
    const method = estimator.choice('method', ['yeo-johnson', 'box-cox'], 'yeo-johnson')
    const made =
      method === 'box-cox'
        ? ofLogarithm(emitter, emitter.op('Log', [x]), powers)
        : yeoJohnson(emitter, x, powers)
    return features(estimator.bool('standardize', true) ? await standardized(call, made) : made)
  },
}

function yeoJohnson(emitter: Emitter, x: Value, powers: Float64Array): Value {
  const above = ofLogarithm(emitter, log1p(emitter, x), powers)
  const below = ofLogarithm(
    emitter,
    log1p(emitter, emitter.op('Neg', [x])),
    powers.map(power => 2 - power),
  )
  const positive = emitter.op('GreaterOrEqual', [x, emitter.scalar('float64', 0)])
  return emitter.op('Where', [positive, above, emitter.op('Neg', [below])])
}

/** (e^(λ·l) − 1)/λ of a logarithm l; l itself where λ is 0. */
function ofLogarithm(emitter: Emitter, logarithm: Value, powers: Float64Array): Value {
  const zero = Array.from(powers, power => Math.abs(power) < SPACING)
  const shape = [powers.length]
  const power = emitter.constant(
    'float64',
    shape,
    Array.from(powers, (value, i) => (zero[i] ? 1 : value)),
  )
  const raised = emitter.op('Div', [expm1(emitter, emitter.op('Mul', [logarithm, power])), power])
  if (!zero.includes(true)) return raised
  return emitter.op('Where', [emitter.constant('bool', shape, zero.map(Number)), logarithm, raised])
}

/** By the StandardScaler within. */
async function standardized({ estimator, input, emitter }: EstimatorCall, x: Value): Promise<Value> {
  const scaler = estimator.object('_scaler')
  const row = async (name: string): Promise<Value> =>
    emitter.constant('float64', [input.width], Array.from(await scaler.floats(name, [input.width])))
  return emitter.op('Div', [emitter.op('Sub', [x, await row('mean_')]), await row('scale_')])
}
