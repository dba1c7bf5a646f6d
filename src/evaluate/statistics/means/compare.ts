import { normalCdf, normalQuantile } from '../special.ts'
import { studentQuantile } from './student.ts'
import { averageOf, isBinary, type Sample, type Sums, spreadOf } from './sums.ts'

/** A mean, the variance of that mean, and by how many degrees of freedom the variance is known. */
export interface Estimate {
  readonly mean: number
  readonly variance: number
  readonly freedom: number
}

/**
 * Callers come again, and what one of them finds good it finds good again: where values are known by groups of callers
 * the mean is the ratio of two sums over groups, and its variance that of groups, by the delta method (Kohavi, Tang &
 * Xu 2020, "Trustworthy Online Controlled Experiments", chapter 18). It is never taken for less than that of
 * independent values. Of events the latter is that of one success and one failure more, so that no event is not "never"
 * (Agresti & Caffo 2000). Undefined where nothing can be said of a variance.
 */
export function estimateOf({ total, groups }: Sample): Estimate | undefined {
  if (total.count < 2) return undefined
  const mean = averageOf(total)
  const apart = independentVariance(total)
  if (groups === undefined) return { mean, variance: apart, freedom: total.count - 1 }
  const seen = groups.filter(({ count }) => count > 0)
  if (seen.length < 2) return undefined
  const squares = seen.reduce((sum, group) => sum + (group.sum - mean * group.count) ** 2, 0)
  const clustered = (seen.length / (seen.length - 1)) * (squares / total.count ** 2)
  return { mean, variance: Math.max(clustered, apart), freedom: seen.length - 1 }
}

function independentVariance(total: Sums): number {
  if (!isBinary(total)) return spreadOf(total) / total.count
  const part = (total.sum + 1) / (total.count + 2)
  return (part * (1 - part)) / (total.count + 2)
}

/** Candidate mean − reference mean. */
export interface MeanDifference {
  readonly difference: number
  /** Its standard error. */
  readonly error: number
  /** Welch 1947, Satterthwaite 1946. */
  readonly freedom: number
}

export function meanDifference(candidate: Estimate, reference: Estimate): MeanDifference {
  const variance = candidate.variance + reference.variance
  const freedom =
    variance === 0
      ? Math.min(candidate.freedom, reference.freedom)
      : variance ** 2 /
        (candidate.variance ** 2 / candidate.freedom + reference.variance ** 2 / reference.freedom)
  return { difference: candidate.mean - reference.mean, error: Math.sqrt(variance), freedom }
}

/** The interval of which each end is wrong with probability `alpha`, where it is looked at once. */
export function differenceInterval(
  { difference, error, freedom }: MeanDifference,
  alpha: number,
): readonly [low: number, high: number] {
  const reach = studentQuantile(1 - alpha, freedom) * error
  return [difference - reach, difference + reach]
}

/** How probably a true difference of `effect` is told from none, one-sided at `alpha`, with that standard error. */
export function powerAt(effect: number, error: number, alpha: number): number {
  return error === 0 ? 1 : normalCdf(effect / error - normalQuantile(1 - alpha))
}

/**
 * Values of both arms together from which a difference of `effect` is told with `power`, where single values have this
 * variance and the candidate gets `share` of them.
 *
 *   variance 0.09 (of 90 %), effect 0.01, half each, α = 5 %, 80 %: 22,257
 */
export function valuesNeeded(
  effect: number,
  variance: number,
  share: number,
  { alpha, power }: { readonly alpha: number; readonly power: number },
): number {
  const reach = normalQuantile(1 - alpha) + normalQuantile(power)
  return Math.ceil((variance / (share * (1 - share))) * (reach / effect) ** 2)
}
