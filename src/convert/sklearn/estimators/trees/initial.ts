import { cast } from '../../../graph/cast.ts'
import type { Value } from '../../../graph/types.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import type { EstimatorCall, Fitted } from '../../estimator.ts'

export type Loss = 'identity' | 'logit' | 'half-logit' | 'multinomial'

/** What the sums of gradient boosting begin with: numbers that the fit found, or float64 [N, targets] of the row. */
export type Initial = readonly number[] | Value

/**
 * Of `init_`: nothing for 'zero', the link of what another estimator predicts otherwise, by default of class shares, a
 * mean or a quantile.
 */
export async function initialOf(call: EstimatorCall, loss: Loss, targets: number): Promise<Initial> {
  const { estimator } = call
  if (estimator.value('init_') === 'zero') return Array.from({ length: targets }, () => 0)
  const init = estimator.estimator('init_')
  const fitted = call.look('init_', init)
  const least = leastOf(estimator)
  if (init.className === 'DummyRegressor' && loss === 'identity')
    return constants(fitted, 'constant_', targets)
  if (init.className === 'DummyClassifier' && fitted.text('strategy') === 'prior' && loss !== 'identity') {
    const shares = await constants(fitted, 'class_prior_', loss === 'multinomial' ? targets : 2)
    return linked(
      shares.map(share => Math.min(Math.max(share, least), 1 - least)),
      loss,
      estimator,
    )
  }
  return ofEstimator(call, loss, least)
}

/** Shares are kept from 0 and 1 by this much: float32's epsilon until 1.7, float64's since. */
function leastOf(estimator: Fitted): number {
  return estimator.since(8) ? Number.EPSILON : 2 ** -23
}

async function constants(fitted: Fitted, name: string, count: number): Promise<readonly number[]> {
  const all = Array.from(await fitted.floats(name))
  if (all.length !== count) throw fitted.invalid(name, `has ${all.length} numbers, and ${count} are expected`)
  return all
}

function linked(shares: readonly number[], loss: Loss, estimator: Fitted): readonly number[] {
  if (loss !== 'multinomial') {
    const odds = Math.log(shares[1]! / (1 - shares[1]!))
    return [loss === 'half-logit' ? 0.5 * odds : odds]
  }
  const logs = shares.map(Math.log)
  const mean = estimator.since(4) ? logs.reduce((sum, log) => sum + log, 0) / logs.length : 0
  return logs.map(log => log - mean)
}

/** Of any other estimator. */
async function ofEstimator(call: EstimatorCall, loss: Loss, least: number): Promise<Value> {
  const { estimator, emitter, input } = call
  const m = new Arithmetic(emitter)
  const init = estimator.estimator('init_')
  if (loss === 'identity') return cast(emitter, (await call.regress('init_', init, input)).value, 'float64')
  const { probabilities } = await call.classify('init_', init, input)
  if (!probabilities) throw estimator.invalid('init_', 'has no probabilities')
  const shares = m.min(m.max(cast(emitter, probabilities, 'float64'), least), 1 - least)
  if (loss === 'multinomial') {
    const logs = m.of('Log', shares)
    return estimator.since(4) ? m.sub(logs, m.unsqueeze(m.mean(logs, 1), 1)) : logs
  }
  const yes = m.column(shares, 1)
  const odds = m.unsqueeze(m.of('Log', m.div(yes, m.sub(1, yes))), 1)
  return loss === 'half-logit' ? m.mul(odds, 0.5) : odds
}
