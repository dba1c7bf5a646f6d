import type { Emitter, Value } from '../../graph/types.ts'
import type { Classes, EstimatorResult } from '../../sklearn/estimator.ts'
import { argmax, counting, twoClasses } from '../results.ts'
import type { Link, Objective } from './objectives.ts'
import type { LightgbmSettings } from './settings.ts'

/**
 * What `Booster.predict` makes of sums [N, groups]: classes where the objective has them (`labels` are theirs, 0, 1,
 * 2 … where absent), else values.
 */
export function predicted(
  emitter: Emitter,
  sums: Value,
  { objective, groups }: LightgbmSettings,
  labels?: Classes,
): EstimatorResult {
  const value = LINKS[objective.link](emitter, sums, objective)
  if (!objective.classes) return { kind: 'regressor', value }
  // Far from 0, float32 has no more difference between probabilities where sums still have one.
  if (groups > 1)
    return {
      kind: 'classifier',
      classes: labels ?? counting(groups),
      index: argmax(emitter, sums),
      probabilities: value,
    }
  return twoClasses(emitter, value, { score: sums, threshold: 0 }, labels ?? counting(2))
}

const LINKS: Readonly<Record<Link, (emitter: Emitter, sums: Value, objective: Objective) => Value>> = {
  identity: (_, sums) => sums,
  /** Of targets whose root was learnt: sign(x) · x². */
  square: (emitter, sums) => emitter.op('Mul', [sums, emitter.op('Abs', [sums])]),
  exp: (emitter, sums) => emitter.op('Exp', [sums]),
  softplus: (emitter, sums) => emitter.op('Softplus', [sums]),
  softmax: (emitter, sums) => emitter.op('Softmax', [sums], { attributes: { axis: { int: 1 } } }),
  sigmoid(emitter, sums, { slope }) {
    const scaled = slope === 1 ? sums : emitter.op('Mul', [sums, emitter.scalar('float32', slope)])
    return emitter.op('Sigmoid', [scaled])
  },
}
