import type { MeanDifference } from './compare.ts'
import { averageOf, mergeSums, type Sums, spreadOf } from './sums.ts'

/** What two arms got in the same time, by one split of the traffic. */
export interface SumsSegment {
  readonly candidate: Sums
  readonly reference: Sums
}

/** One arm over all segments, as if it had had its part of each in the same proportions as the other. */
export interface Standardised {
  readonly mean: number
  /** Of a single value. */
  readonly spread: number
  /** Values that tell as much as these do. */
  readonly count: number
}

export interface StandardisedArms {
  readonly candidate: Standardised
  readonly reference: Standardised
  readonly difference: MeanDifference
}

/**
 * Where shares change over time, the arm that had more of the good times looks better than it is (Simpson's paradox).
 * Segments are compared each for itself, and weighted alike for both arms, by n m / (n + m): what each tells of a
 * difference (Mantel & Haenszel 1959). The count is Kish's effective sample size (1965). Undefined where no segment has
 * two values of each.
 */
export function standardised(segments: readonly SumsSegment[]): StandardisedArms | undefined {
  const seen = segments.filter(({ candidate, reference }) => Math.min(candidate.count, reference.count) >= 2)
  if (seen.length === 0) return undefined
  const weights = seen.map(({ candidate: { count: n }, reference: { count: m } }) => (n * m) / (n + m))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const armOf = (arm: keyof SumsSegment): Standardised => {
    const all = seen.map(segment => segment[arm])
    const mean = all.reduce((sum, each, i) => sum + (weights[i]! / total) * averageOf(each), 0)
    const parts = all.reduce((sum, { count }, i) => sum + weights[i]! ** 2 / count, 0)
    const freedom = all.reduce((sum, { count }) => sum + count - 1, 0)
    const squares = all.reduce((sum, each) => sum + (each.count - 1) * spreadOf(each), 0)
    return { mean, spread: squares / freedom, count: total ** 2 / parts }
  }
  const [candidate, reference] = [armOf('candidate'), armOf('reference')]
  const error = Math.sqrt(candidate.spread / candidate.count + reference.spread / reference.count)
  const all = mergeSums(...seen.flatMap(segment => [segment.candidate, segment.reference]))
  return {
    candidate,
    reference,
    difference: {
      difference: candidate.mean - reference.mean,
      error,
      freedom: all.count - 2 * seen.length,
    },
  }
}
