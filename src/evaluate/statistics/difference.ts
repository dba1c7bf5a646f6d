import { bisect, logAddExp, logBeta, xLogY } from './special.ts'

/** So many of so many: errors of requests. `count` ≤ `total`. */
export interface Proportion {
  readonly count: number
  readonly total: number
}

/**
 * The bet that is laid on an arm's rate before any request was seen: with this weight the arm never errs, else
 * its rate comes from Beta(½, 12) (mean 4 %). Any choice is valid; this one decides fastest for services that
 * rarely fail, and costs a few requests for those that often do.
 */
const NEVER = 0.7
const [A, B] = [0.5, 12]

/**
 * How strongly two arms speak against `candidate rate − reference rate = difference`, in nats: an e-process.
 *
 * For one arm the mixture martingale is M(p) = ∫ q^k (1−q)^(n−k) dπ(q) / (p^k (1−p)^(n−k)); if p is the true
 * rate, then P(M(p) ≥ 1/α at any time, ever) ≤ α (Ville's inequality; Howard, Ramdas, McAuliffe & Sekhon,
 * "Time-uniform, nonparametric, nonasymptotic confidence sequences", 2021). The product over two independent arms is a
 * martingale again, and the least product over all pairs of rates with that difference an e-process for it. So
 * "evidence ≥ ln(1/α)" may be looked at after every request, for ever, and is wrong with probability ≤ α.
 *
 *   0 of 400 against 0 of 400, difference 0.01: 3.3 nats (ln 20 = 3.0: excluded at 95 %)
 */
export function evidenceAgainst(difference: number, candidate: Proportion, reference: Proportion): number {
  return logMixture(candidate) + logMixture(reference) - bestLogLikelihood(difference, candidate, reference)
}

/**
 * The nats that each further request of the candidate adds to `evidenceAgainst`, if the present rates go on.
 * Before the first request: as if nothing ever failed.
 */
export function evidenceRate(difference: number, candidate: Proportion, reference: Proportion): number {
  if (candidate.total === 0 || reference.total === 0) return -Math.log1p(-Math.abs(difference))
  const free = ownLogLikelihood(candidate) + ownLogLikelihood(reference)
  return (free - bestLogLikelihood(difference, candidate, reference)) / candidate.total
}

/**
 * Anytime-valid bounds of `candidate rate − reference rate`: each end is wrong, at any time ever, with
 * probability at most its own α. With no data they are −1 and 1.
 */
export function differenceBounds(
  candidate: Proportion,
  reference: Proportion,
  alpha: { readonly low: number; readonly high: number },
): readonly [low: number, high: number] {
  const mixture = logMixture(candidate) + logMixture(reference)
  const excluded = (difference: number, level: number): boolean =>
    mixture - bestLogLikelihood(difference, candidate, reference) >= -Math.log(level)
  const middle = rateOf(candidate) - rateOf(reference)
  const low = excluded(-1, alpha.low) ? bisect(d => excluded(d, alpha.low), -1, middle) : -1
  const high = excluded(1, alpha.high) ? bisect(d => !excluded(d, alpha.high), middle, 1) : 1
  return [low, high]
}

export function rateOf({ count, total }: Proportion): number {
  return total === 0 ? 0 : count / total
}

/** ln ∫ q^k (1−q)^(n−k) dπ(q). */
function logMixture({ count, total }: Proportion): number {
  const never = count === 0 ? Math.log(NEVER) : Number.NEGATIVE_INFINITY
  const beta = logBeta(A + count, B + total - count) - logBeta(A, B)
  return logAddExp(never, Math.log(1 - NEVER) + beta)
}

function ownLogLikelihood({ count, total }: Proportion): number {
  return total === 0 ? 0 : xLogY(count, count / total) + xLogY(total - count, 1 - count / total)
}

/**
 * The greatest log likelihood of both arms among rates (p + difference, p). The likelihood is concave in p, so
 * its slope is bisected (the closed form is a cubic: Miettinen & Nurminen 1985).
 */
function bestLogLikelihood(difference: number, candidate: Proportion, reference: Proportion): number {
  const [k, n, j, m] = [candidate.count, candidate.total, reference.count, reference.total]
  const low = Math.max(0, -difference)
  const high = Math.min(1, 1 - difference)
  let [from, to] = [low, high]
  for (let i = 0; i < 60; i++) {
    const p = 0.5 * (from + to)
    if (p <= from || p >= to) break
    const slope =
      share(j, p) - share(m - j, 1 - p) + share(k, p + difference) - share(n - k, 1 - p - difference)
    if (slope > 0) from = p
    else to = p
  }
  const p = from === low ? low : to === high ? high : 0.5 * (from + to)
  const q = Math.min(1, Math.max(0, p + difference))
  return xLogY(j, p) + xLogY(m - j, 1 - p) + xLogY(k, q) + xLogY(n - k, 1 - q)
}

function share(count: number, rate: number): number {
  return count === 0 ? 0 : count / Math.max(rate, 1e-300)
}
