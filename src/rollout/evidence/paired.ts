import { meanEvidence, meanInterval, type Range, type Values } from '../../evaluate/index.ts'
import type { Judge } from './judge.ts'
import type { PairCounts } from './types.ts'

/** 1: only the baseline was right; −1: only the canary. */
const RANGE: Range = [-1, 1]

/**
 * Labelled requests that both versions answered (a shadow, or a replay). Pairs on which both are right or both wrong
 * cost nothing at a tolerance of 0: McNemar's test as an e-process.
 */
export const pairedJudge: Judge<'paired'> = {
  add: (_, tally, look) => ({
    tally: tally === undefined ? look : merged([tally, look]),
    surpluses: [
      {
        surplus: (look.onlyBaseline - look.onlyCanary) / 2,
        variance: (look.onlyBaseline + look.onlyCanary) / 4,
      },
    ],
  }),
  harm: ({ tolerance }, steps, inflation) =>
    meanEvidence(tolerance, 'worse', valuesOfPairs(merged(steps)), { range: RANGE, inflation }),
  pass: ({ margin }, step, inflation) =>
    meanEvidence(margin, 'better', valuesOfPairs(step), { range: RANGE, inflation }),
  ahead: (_, tally = NOTHING, more) => {
    const times = tally.pairs === 0 ? 0 : more / tally.pairs
    return {
      onlyBaseline: tally.onlyBaseline * (1 + times),
      onlyCanary: tally.onlyCanary * (1 + times),
      pairs: tally.pairs + more,
    }
  },
  figures: (_, steps, inflation, levels) => {
    const { onlyBaseline, onlyCanary, pairs } = merged(steps)
    const [canary, baseline] = pairs === 0 ? [0, 0] : [onlyBaseline / pairs, onlyCanary / pairs]
    return {
      canary,
      baseline,
      difference: canary - baseline,
      interval: meanInterval(valuesOfPairs(merged(steps)), levels, { range: RANGE, inflation }),
    }
  },
}

const NOTHING: PairCounts = { onlyBaseline: 0, onlyCanary: 0, pairs: 0 }

function valuesOfPairs({ onlyBaseline, onlyCanary, pairs }: PairCounts): Values {
  return [
    [1, onlyBaseline],
    [-1, onlyCanary],
    [0, pairs - onlyBaseline - onlyCanary],
  ]
}

function merged(counts: readonly PairCounts[]): PairCounts {
  return {
    onlyBaseline: counts.reduce((sum, each) => sum + each.onlyBaseline, 0),
    onlyCanary: counts.reduce((sum, each) => sum + each.onlyCanary, 0),
    pairs: counts.reduce((sum, each) => sum + each.pairs, 0),
  }
}
