import { bisect, logAddExp, logBeta, xLogY } from './special.ts'

/** So many of so many: errors of requests. `count` ≤ `total`. */
export interface Proportion {
  readonly count: number
  readonly total: number
}

/**
 * Bets on the rates, laid before any request was seen: any bet is valid, these decide soonest for services that
 * rarely fail. A reference never errs with weight 0.7, else its rate comes from Beta(½, 12) (mean 4 %).
 */
const NEVER = 0.7
const RARE = [0.5, 12] as const
/** A candidate that is worse may err at any rate. */
const ANY = [0.5, 2] as const
/** To show that a candidate is not worse: with this weight both arms have one and the same rate. */
const SAME = 0.8
/** Bounds to 10⁻⁹ of the whole; a nuisance rate to 10⁻¹³ of it, finer than one error in 10¹² requests. */
const BOUND_HALVINGS = 30
const RATE_HALVINGS = 44

/** Which side of a difference is tested: `worse` than it (the lower bound) or `better` (the upper bound). */
export type Side = 'worse' | 'better'

/**
 * How strongly two arms speak against `candidate rate − reference rate = difference`, in nats: an e-process, in
 * two forms that bet on a candidate that is worse or better than that.
 *
 * For rates (p, q) the mixture martingale is M(p, q) = ∫ L(p', q') dπ(p', q') / L(p, q) with L the likelihood of
 * both arms; if (p, q) is true, then P(M ≥ 1/α at any time, ever) ≤ α (Ville's inequality; Howard, Ramdas,
 * McAuliffe & Sekhon 2021, "Time-uniform, nonparametric, nonasymptotic confidence sequences"). The least M over
 * all pairs with that difference is an e-process for the difference. So "evidence ≥ ln(1/α)" may be looked at
 * after every request, for ever, and is wrong with probability at most α.
 *
 *   0 of 400 against 0 of 400, better than 0.01: 3.5 nats (ln 20 = 3.0: shown at 95 %)
 */
export function evidenceAgainst(
  difference: number,
  side: Side,
  candidate: Proportion,
  reference: Proportion,
): number {
  return logMixture(side, candidate, reference) - bestLogLikelihood(difference, candidate, reference)
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
  const excludes = (side: Side, level: number): ((difference: number) => boolean) => {
    const enough = logMixture(side, candidate, reference) + Math.log(level)
    return difference => bestLogLikelihood(difference, candidate, reference) <= enough
  }
  const tooLow = excludes('worse', alpha.low)
  const tooHigh = excludes('better', alpha.high)
  const middle = rateOf(candidate) - rateOf(reference)
  return [
    tooLow(-1) ? bisect(tooLow, -1, middle, BOUND_HALVINGS) : -1,
    tooHigh(1) ? bisect(difference => !tooHigh(difference), middle, 1, BOUND_HALVINGS) : 1,
  ]
}

export function rateOf({ count, total }: Proportion): number {
  return total === 0 ? 0 : count / total
}

function logMixture(side: Side, candidate: Proportion, reference: Proportion): number {
  if (side === 'worse') return logBetaMixture(ANY, candidate) + logRare(reference)
  const together = {
    count: candidate.count + reference.count,
    total: candidate.total + reference.total,
  }
  const apart = logRare(candidate) + logRare(reference)
  return logAddExp(Math.log(SAME) + logRare(together), Math.log(1 - SAME) + apart)
}

/** ln ∫ q^k (1−q)^(n−k) dπ(q) for the bet on a service that rarely fails. */
function logRare(arm: Proportion): number {
  const never = arm.count === 0 ? Math.log(NEVER) : Number.NEGATIVE_INFINITY
  return logAddExp(never, Math.log(1 - NEVER) + logBetaMixture(RARE, arm))
}

function logBetaMixture([a, b]: readonly [number, number], { count, total }: Proportion): number {
  return logBeta(a + count, b + total - count) - logBeta(a, b)
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
  for (let i = 0; i < RATE_HALVINGS; i++) {
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
