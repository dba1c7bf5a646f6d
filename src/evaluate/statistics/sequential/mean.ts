import type { Side } from '../difference.ts'
import { bisect } from '../special.ts'
import { hedged } from './stakes.ts'
import { meanOf, totalOf, type Values } from './values.ts'

export type Range = readonly [low: number, high: number]
const UNIT: Range = [0, 1]

/**
 * How strongly outcomes within `range` speak against their mean being at most (`worse`) or at least (`better`) `mean`,
 * in nats: ln Π (1 + λ (x − mean)), a fair game if each outcome has that mean given those before (betting on means:
 * Waudby-Smith & Ramdas 2024, arXiv 2010.09686), with λ hedged over odds ratios. For events it is
 * the sequential probability ratio test of Wald (1945) mixed over alternatives. Cumulative counts suffice.
 *
 *   paired labels: worse −1 … 1 better, mean 0: the McNemar test that may be looked at for ever
 */
export function meanEvidence(
  mean: number,
  side: Side,
  values: Values,
  { range: [low, high] = UNIT, inflation = 1 }: { readonly range?: Range; readonly inflation?: number } = {},
): number {
  const part = Math.min(1 - EDGE, Math.max(EDGE, (mean - low) / (high - low)))
  return hedged(
    side,
    raise => {
      const odds = (part / (1 - part)) * (1 + raise)
      const bet = (odds / (1 + odds) - part) / (part * (1 - part))
      let log = 0
      for (const [value, count] of values)
        if (count > 0) log += count * Math.log1p(bet * ((value - low) / (high - low) - part))
      return log
    },
    inflation,
  )
}

/** Anytime-valid bounds of a mean: each end is wrong, ever, with probability at most its own α. */
export function meanInterval(
  values: Values,
  alpha: { readonly low: number; readonly high: number },
  options: { readonly range?: Range; readonly inflation?: number } = {},
): readonly [low: number, high: number] {
  const [low, high] = options.range ?? UNIT
  if (totalOf(values) === 0) return [low, high]
  const middle = meanOf(values)
  const tooLow = (mean: number): boolean =>
    meanEvidence(mean, 'worse', values, options) >= -Math.log(alpha.low)
  const tooHigh = (mean: number): boolean =>
    meanEvidence(mean, 'better', values, options) >= -Math.log(alpha.high)
  return [
    tooLow(low) ? bisect(tooLow, low, middle, BOUND_HALVINGS) : low,
    tooHigh(high) ? bisect(mean => !tooHigh(mean), middle, high, BOUND_HALVINGS) : high,
  ]
}

/** A mean at the edge of its range could be refuted by one outcome, with infinite evidence. */
const EDGE = 1e-9
const BOUND_HALVINGS = 30
