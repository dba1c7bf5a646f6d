import { meanEvidence, meanInterval, type Proportion, rateOf, valuesOf } from '../../evaluate/index.ts'
import type { Judge } from './judge.ts'

/** How often two versions differ on the same requests, labelled or not: there is one rate, and no arm beside it. */
export const shareJudge: Judge<'share'> = {
  add: ({ tolerance }, tally, look) => {
    const all = tally === undefined ? look : merged([tally, look])
    // As it was until now: a rate that stays has no dispersion, whatever it is.
    const rate = rateOf(all)
    const surplus = { surplus: look.count - look.total * tolerance, variance: look.total * rate * (1 - rate) }
    return { tally: all, surpluses: look.total === 0 ? [] : [surplus] }
  },
  harm: ({ tolerance }, steps, inflation) =>
    meanEvidence(tolerance, 'worse', valuesOf(merged(steps)), { inflation }),
  pass: ({ margin }, step, inflation) => meanEvidence(margin, 'better', valuesOf(step), { inflation }),
  ahead: (_, tally = NOTHING, more) => ({
    count: tally.count + rateOf(tally) * more,
    total: tally.total + more,
  }),
  figures: (_, steps, inflation, levels) => {
    const all = merged(steps)
    const rate = rateOf(all)
    const interval = meanInterval(valuesOf(all), levels, { inflation })
    return { canary: rate, baseline: 0, difference: rate, interval }
  },
}

const NOTHING: Proportion = { count: 0, total: 0 }

function merged(all: readonly Proportion[]): Proportion {
  return {
    count: all.reduce((sum, { count }) => sum + count, 0),
    total: all.reduce((sum, { total }) => sum + total, 0),
  }
}
