import { formatPercent } from '../../core/index.ts'
import { powerAt, valuesNeeded } from '../../evaluate/index.ts'
import { effectText, horizonText, unitOf } from './figures.ts'
import type { AbPlan } from './types.ts'

/** What no A/B can be run by; undefined where nothing is wrong. */
export function wrongInAb({
  split,
  effect,
  metric,
  horizon,
}: AbPlan): { readonly expected: string; readonly found: string } | undefined {
  if (!(split > 0 && split < 1)) return { expected: 'a split between 0 and 1', found: `${split}` }
  const most = metric === 'reward' ? Number.POSITIVE_INFINITY : 1
  if (!(effect > 0 && effect < most))
    return {
      expected: `an effect above 0${metric === 'reward' ? '' : ' and below 100 %'}`,
      found: `${effect}`,
    }
  const length = horizon.kind === 'time' ? horizon.ms : horizon.requests
  return length > 0 && Number.isFinite(length)
    ? undefined
    : { expected: 'a horizon that comes', found: `${length}` }
}

/** The power that is usually asked for. */
const USUAL_POWER = 0.8

/**
 * What an A/B can tell, before it begins: by the variance of single values that stable had so far.
 *
 *   Decided at 20,000 labels, which tell 1 % with a power of 78 % (80 % take 21,300)
 */
export function abForecast(plan: AbPlan, variance: number | undefined): string {
  const { metric, horizon, effect, analysis } = plan
  const decided = `Decided ${horizonText(metric, horizon)}`
  if (variance === undefined) return `${decided}; nothing is known yet of how ${unitOf(metric)} vary`
  const alpha = 1 - analysis.confidence
  const share = shareOf(plan)
  const needed = valuesNeeded(effect, variance, share, { alpha, power: USUAL_POWER })
  const takes = `${formatPercent(USUAL_POWER, 0)} take ${needed.toLocaleString('en')} ${unitOf(metric)}`
  if (horizon.kind === 'time')
    return `${decided}; to tell ${effectText(metric, effect)} with a power of ${takes}`
  const error = Math.sqrt(variance / (share * (1 - share) * horizon.requests))
  const power = formatPercent(powerAt(effect, error, alpha), 0)
  return `${decided}, which tell ${effectText(metric, effect)} with a power of ${power} (${takes})`
}

/** Of the values that are compared: of errors and latencies those of a baseline of the same share. */
function shareOf({ metric, split }: AbPlan): number {
  const isCallers = metric === 'reward' || metric === 'accuracy'
  return isCallers ? split : split / (split + Math.min(split, 1 - split))
}
