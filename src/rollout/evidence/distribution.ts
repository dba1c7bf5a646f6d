import {
  type ArmsSegment,
  armsEvidence,
  distributionEvidence,
  type Surplus,
  totalVariation,
} from '../../evaluate/index.ts'
import { segmentOf, surplusOf } from './arms.ts'
import type { Judge } from './judge.ts'
import type { Tally } from './types.ts'

type Categories = Tally<'distribution'>

/**
 * Categories of answers. Harm: any difference of the two distributions. Passing: every category's share is within
 * the margin, upwards and downwards, each at the whole level (an intersection-union test: Berger 1982).
 */
export const distributionJudge: Judge<'distribution'> = {
  add: (_, tally, look) => ({
    tally: tally === undefined ? look : merged([tally, look]),
    surpluses: segmentsOf(look).flatMap((segment): readonly Surplus[] => {
      const found = surplusOf(segment)
      return found.length > 0 ? found : [{ surplus: 0, variance: 0 }]
    }),
  }),
  harm: (_, steps, inflation) =>
    steps.reduce((sum, { canary, baseline }) => sum + distributionEvidence(canary, baseline, inflation), 0),
  pass: ({ margin }, step, inflation) =>
    segmentsOf(step)
      .flatMap(segment => [segment, { candidate: segment.reference, reference: segment.candidate }])
      .reduce(
        (least, segment) => Math.min(least, armsEvidence(margin, 'better', [segment], { inflation })),
        1e9,
      ),
  ahead: (_, tally, more) => {
    const grown = (counts: readonly number[] = []): readonly number[] => {
      const total = counts.reduce((sum, count) => sum + count, 0)
      return total === 0 ? [more] : counts.map(count => count * (1 + more / total))
    }
    return { canary: grown(tally?.canary), baseline: grown(tally?.baseline) }
  },
  figures: (_, steps) => {
    const { canary, baseline } = merged(steps)
    const difference = totalVariation(canary, baseline)
    return { canary: difference, baseline: 0, difference, interval: [0, 1] }
  },
}

/** One segment for each category: its answers as events. */
function segmentsOf({ canary, baseline }: Categories): readonly ArmsSegment[] {
  const [n, m] = [canary.reduce((sum, x) => sum + x, 0), baseline.reduce((sum, x) => sum + x, 0)]
  return Array.from({ length: Math.max(canary.length, baseline.length) }, (_, category) =>
    segmentOf({ count: canary[category] ?? 0, total: n }, { count: baseline[category] ?? 0, total: m }),
  )
}

function merged(all: readonly Categories[]): Categories {
  return { canary: added(all.map(({ canary }) => canary)), baseline: added(all.map(each => each.baseline)) }
}

function added(all: readonly (readonly number[])[]): readonly number[] {
  const length = all.reduce((most, counts) => Math.max(most, counts.length), 0)
  return Array.from({ length }, (_, category) =>
    all.reduce((sum, counts) => sum + (counts[category] ?? 0), 0),
  )
}
