import type { Value } from '../../../graph/types.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { type EstimatorCall, type FeaturesResult, features } from '../../estimator.ts'
import { cosinesOf } from './kernel.ts'

/** As RBFSampler, of log(x + skewedness). Below −skewedness scikit-learn raises an error, and it is NaN here. */
export async function skewedChi2(call: EstimatorCall): Promise<FeaturesResult> {
  const m = new Arithmetic(call.emitter)
  const x = m.add(call.input.matrix(call.emitter, 'float64'), call.estimator.number('skewedness', 1))
  return cosinesOf(call, m, m.of('Log', x))
}

/** Intervals of one, two and three steps (Vedaldi and Zisserman 2011, figure 2c). */
const INTERVALS = [0.8, 0.5, 0.4]

/**
 * √(x s), then for each further step j √(2 x s / cosh(π j s)) times cos and sin of j s log x; 0 where x is 0. More
 * steps than these need an interval of their own.
 */
export async function additiveChi2({ estimator, emitter, input }: EstimatorCall): Promise<FeaturesResult> {
  const m = new Arithmetic(emitter)
  const steps = estimator.integer('sample_steps', 2, 1)
  const interval = intervalOf({ estimator }, steps)
  if (steps > MAX_STEPS) throw estimator.invalid('sample_steps', `is ${steps}`)
  const x = input.matrix(emitter, 'float64')
  const zero = m.equal(x, 0)
  const kept = (value: Value) => m.where(zero, 0, value)
  const angle = m.mul(m.of('Log', x), interval)
  const blocks = [m.of('Sqrt', m.mul(x, interval))]
  for (let j = 1; j < steps; j++) {
    const size = m.of('Sqrt', m.div(m.mul(x, 2 * interval), Math.cosh(Math.PI * j * interval)))
    const turned = m.mul(angle, j)
    blocks.push(kept(m.mul(size, m.of('Cos', turned))), kept(m.mul(size, m.of('Sin', turned))))
  }
  return features(...blocks)
}

/** Blocks of the output: two a step. */
const MAX_STEPS = 100

function intervalOf({ estimator }: Pick<EstimatorCall, 'estimator'>, steps: number): number {
  for (const name of ['sample_interval_', 'sample_interval'])
    if (!estimator.isNone(name)) return estimator.number(name)
  const known = INTERVALS[steps - 1]
  if (known === undefined) throw estimator.invalid('sample_interval', `is missing for ${steps} steps`)
  return known
}
