import {
  type ArmsSegment,
  armsEvidence,
  armsInterval,
  differenceOf,
  meanOf,
  mergeValues,
  type Proportion,
  type Surplus,
  sumOf,
  totalOf,
  type Values,
  valuesOf,
} from '../../evaluate/index.ts'
import type { Judge } from './judge.ts'

/** Requests with a bad event. */
export const rateJudge: Judge<'rate'> = {
  add: (_, tally, { canary, baseline }) => {
    const look = { candidate: valuesOf(canary), reference: valuesOf(baseline) }
    return { tally: mergedSegments(tally, look), surpluses: surplusOf(look) }
  },
  harm: ({ tolerance }, steps, inflation) => armsEvidence(tolerance, 'worse', steps, { inflation }),
  pass: ({ margin }, step, inflation) => armsEvidence(margin, 'better', [step], { inflation }),
  ahead: (_, tally, more) => grownSegment(tally, more),
  figures: (_, steps, inflation, levels) => ({
    ...meansOf(steps),
    interval: armsInterval(steps, levels, { inflation }),
  }),
}

/** About the middle of a loss: any constant is valid, and half is right within a factor for most. */
const MIDDLE = { centre: 0.5 }

/** Losses in [0, 1]. */
export const meanJudge: Judge<'mean'> = {
  add: (_, tally, { canary, baseline }) => {
    const look = { candidate: canary, reference: baseline }
    return { tally: mergedSegments(tally, look), surpluses: surplusOf(look) }
  },
  harm: ({ tolerance }, steps, inflation) =>
    armsEvidence(tolerance, 'worse', steps, { ...MIDDLE, inflation }),
  pass: ({ margin }, step, inflation) => armsEvidence(margin, 'better', [step], { ...MIDDLE, inflation }),
  ahead: (_, tally, more) => grownSegment(tally, more),
  figures: (_, steps, inflation, levels) => ({
    ...meansOf(steps),
    interval: armsInterval(steps, levels, { ...MIDDLE, inflation }),
  }),
}

export function mergedSegments(tally: ArmsSegment | undefined, look: ArmsSegment): ArmsSegment {
  if (tally === undefined) return look
  return {
    candidate: mergeValues(tally.candidate, look.candidate),
    reference: mergeValues(tally.reference, look.reference),
  }
}

/**
 * The candidate's surplus in a look over its share of both arms' sum, and the variance of that share if the requests
 * were dealt out at random: n m Σ(x − x̄)² / (N (N − 1)), hypergeometric for events. Nothing where an arm had nothing.
 */
export function surplusOf({ candidate, reference }: ArmsSegment): readonly Surplus[] {
  const [n, m] = [totalOf(candidate), totalOf(reference)]
  if (n === 0 || m === 0) return []
  const [sum, all] = [sumOf(candidate), n + m]
  const mean = (sum + sumOf(reference)) / all
  const squares = squaresOf(candidate, mean) + squaresOf(reference, mean)
  return [{ surplus: sum - n * mean, variance: (n * m * squares) / (all * (all - 1)) }]
}

function squaresOf(values: Values, mean: number): number {
  let sum = 0
  for (const [value, count] of values) sum += count * (value - mean) ** 2
  return sum
}

/** As many more in each arm, alike; where there were none, without an event. */
export function grownSegment(tally: ArmsSegment | undefined, more: number): ArmsSegment {
  const grown = (values: Values): Values => {
    const total = totalOf(values)
    if (total === 0) return [[0, more]]
    return values.map(([value, count]) => [value, count * (1 + more / total)] as const)
  }
  return { candidate: grown(tally?.candidate ?? []), reference: grown(tally?.reference ?? []) }
}

function meansOf(steps: readonly ArmsSegment[]): {
  readonly canary: number
  readonly baseline: number
  readonly difference: number
} {
  return {
    canary: meanOf(steps.flatMap(step => step.candidate)),
    baseline: meanOf(steps.flatMap(step => step.reference)),
    difference: differenceOf(steps),
  }
}

/** Events in a number of requests, as two kinds of values. */
export function segmentOf(canary: Proportion, baseline: Proportion): ArmsSegment {
  return { candidate: valuesOf(canary), reference: valuesOf(baseline) }
}
