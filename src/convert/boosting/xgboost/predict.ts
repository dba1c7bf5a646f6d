import type { Emitter, Value } from '../../graph/types.ts'
import type { Classes, EstimatorResult } from '../../sklearn/estimator.ts'
import { byLabel, byProbabilities, counting, twoClasses } from '../results.ts'
import type { Link } from './objectives.ts'
import type { XgboostSettings } from './settings.ts'

/**
 * What `Booster.predict` makes of margins [N, groups]: classes where the objective has them (`classes` are their
 * labels, 0, 1, 2 … where absent), else values.
 */
export function predicted(
  emitter: Emitter,
  margin: Value,
  { objective, groups }: XgboostSettings,
  labels?: Classes,
): EstimatorResult {
  const value = LINKS[objective.link](emitter, margin)
  if (!objective.classes) return { kind: 'regressor', value }
  if (objective.link === 'softmax') return byProbabilities(emitter, value, labels ?? counting(groups))
  if (groups > 1) return byLabel(emitter, value)
  return twoClasses(emitter, value, { score: value, threshold: 0.5 }, labels ?? counting(2))
}

const LINKS: Readonly<Record<Link, (emitter: Emitter, margin: Value) => Value>> = {
  identity: (_, margin) => margin,
  sigmoid: (emitter, margin) => emitter.op('Sigmoid', [margin]),
  exp: (emitter, margin) => emitter.op('Exp', [margin]),
  softmax: (emitter, margin) => emitter.op('Softmax', [margin], { attributes: { axis: { int: 1 } } }),
  step(emitter, margin) {
    const above = emitter.op('Greater', [margin, emitter.scalar('float32', 0)])
    return emitter.op('Cast', [above], {
      attributes: { to: { int: 1 } },
      types: [{ dtype: 'float32', ...(margin.shape && { shape: margin.shape }) }],
    })
  },
}
