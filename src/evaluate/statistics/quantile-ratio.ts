import { logBeta, logIncompleteBeta, xLogY } from './special.ts'

/**
 * Counts on a common grid of log buckets: `counts[i]` durations in (g^(i−1), g^i], and in bucket 0 all up to 1.
 * A ratio of two quantiles is then a shift by so many buckets.
 */
export interface LogHistogram {
  /** Cumulative: `upTo[i]` values in buckets 0 … i. */
  readonly upTo: Float64Array
  readonly total: number
}

export function logHistogram(counts: ArrayLike<number>): LogHistogram {
  const upTo = new Float64Array(counts.length)
  let total = 0
  for (let i = 0; i < counts.length; i++) upTo[i] = total += counts[i]!
  return { upTo, total }
}

/** Bucket that holds the p-quantile; undefined of nothing. */
export function quantileBucket({ upTo, total }: LogHistogram, p: number): number | undefined {
  if (total === 0) return undefined
  const rank = Math.max(1, Math.ceil(p * total - 1e-9))
  let [from, to] = [0, upTo.length - 1]
  while (from < to) {
    const middle = (from + to) >> 1
    if (upTo[middle]! >= rank) to = middle
    else from = middle + 1
  }
  return from
}

/**
 * Sequential test of the ratio of two arms' p-quantiles, valid whenever it is looked at.
 *
 * For one arm with true quantile Q: the indicators of X ≤ Q (ties at Q broken at random) are Bernoulli(p), so
 * the one-sided mixtures over q < p or q > p of (q/p)^k ((1−q)/(1−p))^(n−k) are martingales (Howard & Ramdas,
 * arXiv 1906.09712, theorem 1, with a beta mixture). "Too few lie below x" falls as k grows and "too many"
 * rises, so a count known only to lie between two bucket edges is replaced by the less telling edge: rounding
 * never makes a claim stronger. The product over the two arms, at its least over all positions of the
 * reference's quantile, is the evidence against the ratio.
 */
export interface QuantileRatioTest {
  /** Nats against "candidate quantile ≥ g^shift × reference quantile". Rises with `shift`. */
  againstAtLeast(shift: number): number
  /** Nats against "candidate quantile ≤ g^shift × reference quantile". Falls with `shift`. */
  againstAtMost(shift: number): number
}

export function quantileRatioTest(
  p: number,
  candidate: LogHistogram,
  reference: LogHistogram,
): QuantileRatioTest {
  return ratioTest(
    armEvidence(p, candidate, logOneSidedMixture),
    armEvidence(p, reference, logOneSidedMixture),
  )
}

/** The nats that each further request of the candidate adds to the test, if both arms go on as they are. */
export function quantileRatioRate(
  p: number,
  candidate: LogHistogram,
  reference: LogHistogram,
): QuantileRatioTest {
  const perRequest = (arm: LogHistogram): ArmEvidence =>
    armEvidence(p, arm, (q, count, total) => logBestRatio(q, count, total) / Math.max(1, candidate.total))
  return ratioTest(perRequest(candidate), perRequest(reference))
}

function ratioTest(a: ArmEvidence, b: ArmEvidence): QuantileRatioTest {
  return {
    againstAtLeast: shift =>
      least(positions(a, b, shift), i => b.tooFew(i) + a.tooMany(i === 0 ? -1 : i - 1 + shift)),
    againstAtMost: shift =>
      least(positions(a, b, shift), i => a.tooFew(Math.max(0, i + shift)) + b.tooMany(i - 1)),
  }
}

interface ArmEvidence {
  /** Buckets of the least and the greatest value. */
  readonly first: number
  readonly last: number
  /** Nats against "the quantile lies at or below this bucket's upper edge". */
  tooFew(bucket: number): number
  /** Nats against "the quantile lies above this bucket's upper edge"; −1 is the edge at 0. */
  tooMany(bucket: number): number
}

function armEvidence(
  p: number,
  { upTo, total }: LogHistogram,
  against: (p: number, count: number, total: number) => number,
): ArmEvidence {
  const at = (bucket: number): number =>
    bucket < 0 || upTo.length === 0 ? 0 : upTo[Math.min(bucket, upTo.length - 1)]!
  const fewer = remembered(count => against(p, count, total))
  const more = remembered(count => against(1 - p, total - count, total))
  return {
    first: Math.max(
      0,
      upTo.findIndex(count => count > 0),
    ),
    last: upTo.indexOf(total),
    tooFew: bucket => fewer(at(bucket)),
    tooMany: bucket => more(at(bucket)),
  }
}

/** Concentration of the bet on how far from p the true rate lies; chosen to decide soonest near 100 requests. */
const CONCENTRATION = 10

/**
 * ln of the mixture over q < p of the likelihood ratio (q/p)^k ((1−q)/(1−p))^(n−k), with q from the part of
 * Beta(p·c, (1−p)·c) below p. Falls as `count` grows.
 */
function logOneSidedMixture(p: number, count: number, total: number): number {
  const [a, b] = [p * CONCENTRATION, (1 - p) * CONCENTRATION]
  const [k, l] = [a + count, b + total - count]
  const prior = logBeta(a, b) + logIncompleteBeta(p, a, b)
  return logBeta(k, l) + logIncompleteBeta(p, k, l) - prior - xLogY(count, p) - xLogY(total - count, 1 - p)
}

/** The greatest such ratio, n · KL(k/n ‖ p) where k/n < p. */
function logBestRatio(p: number, count: number, total: number): number {
  if (total === 0 || count >= p * total) return 0
  const rate = count / total
  return xLogY(count, rate / p) + xLogY(total - count, (1 - rate) / (1 - p))
}

/** Where the reference's quantile may lie: every bucket that matters, and one beyond each end for all the rest. */
function positions(a: ArmEvidence, b: ArmEvidence, shift: number): readonly [from: number, to: number] {
  return [Math.max(0, Math.min(b.first, a.first - shift) - 1), Math.max(0, b.last, a.last - shift) + 2]
}

function least([from, to]: readonly [number, number], evidence: (bucket: number) => number): number {
  let minimum = Number.POSITIVE_INFINITY
  for (let bucket = from; bucket <= to; bucket++) minimum = Math.min(minimum, evidence(bucket))
  return minimum
}

function remembered(compute: (count: number) => number): (count: number) => number {
  const known = new Map<number, number>()
  return count => {
    const value = known.get(count) ?? compute(count)
    known.set(count, value)
    return value
  }
}
