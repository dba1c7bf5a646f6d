import { rateOf, type Side } from '../difference.ts'
import { bisect } from '../special.ts'
import { hedged } from './stakes.ts'
import { meanOf, sumOf, totalOf, type Values } from './values.ts'

/** What two arms answered in the same time, by one split of the traffic. */
export interface ArmsSegment {
  readonly candidate: Values
  readonly reference: Values
}

export interface BettingOptions {
  /**
   * About the mean of both arms, known beforehand (1 − p where events are values above a p-quantile). Any constant
   * is valid; the right one takes the variance out that both arms share. 0 for rare events.
   */
  readonly centre?: number
  /** By how much the outcomes are more dispersed than independent ones: `inflationOf`. */
  readonly inflation?: number
}

/**
 * How strongly two arms speak against `candidate mean − reference mean = difference`, in nats: ln of an e-process for
 * outcomes in [0, 1]. For a bet κ, π the candidate's share of the requests, x its outcomes and y the reference's:
 *
 *   E(κ) = Π (1 + (1−π) κ (x − c)) · Π (1 − π κ (y + difference − c))
 *
 * Over the coin that gave a request to an arm, its factor has the expectation 1 + π (1−π) κ (effect − difference),
 * where the effect is what the candidate changed for that request. So E is at most 1 in expectation if the effect is
 * at most the difference (κ > 0; at least: κ < 0), whatever the requests themselves do: outages that hit both arms,
 * bursts and trends cancel, for each request is its own control (randomisation inference: Fisher 1935; betting on
 * means: Waudby-Smith & Ramdas 2024, "Estimating means of bounded random variables by betting", arXiv 2010.09686).
 * At difference 0 and c = 0 it is the test of Lindon & Malek (arXiv 2011.03567) on which arm the events fell to. By
 * Ville's inequality P(E ever ≥ 1/α) ≤ α, at every look. κ = (ρ−1) / (1 + π (ρ−1)) for odds ratios ρ, hedged.
 *
 * π is the share that was seen; given the arms' sizes, a draw without replacement bets no worse (Hoeffding 1963,
 * theorem 4), and with independent outcomes of one mean in each arm the same bound holds by the inequality of means.
 * So it is a fair game at each look; that a share which is seen anew at every look costs no more over all of them is
 * shown by simulation (coverage.test.ts), not by proof.
 * Counts are pooled: a segment is a time in which the split did not change; segments (steps of a rollout) multiply.
 *
 *   0 of 400 against 0 of 400, better than 0.01: 3.4 nats (ln 20 = 3.0: shown at 95 %)
 */
export function armsEvidence(
  difference: number,
  side: Side,
  segments: readonly ArmsSegment[],
  { centre = 0, inflation = 1 }: BettingOptions = {},
): number {
  const seen = segments.map(shared).filter(segment => segment !== undefined)
  return hedged(side, raise => capitalOf(seen, raise, difference, centre), inflation)
}

/**
 * Anytime-valid bounds of `candidate mean − reference mean`: all differences that the evidence does not exclude. Each
 * end is wrong, at any time ever, with probability at most its own α. With no data they are −1 and 1.
 */
export function armsInterval(
  segments: readonly ArmsSegment[],
  alpha: { readonly low: number; readonly high: number },
  options: BettingOptions = {},
): readonly [low: number, high: number] {
  const middle = differenceOf(segments)
  const tooLow = (difference: number): boolean =>
    armsEvidence(difference, 'worse', segments, options) >= -Math.log(alpha.low)
  const tooHigh = (difference: number): boolean =>
    armsEvidence(difference, 'better', segments, options) >= -Math.log(alpha.high)
  return [
    tooLow(-1) ? Math.min(middle, bisect(tooLow, -1, middle, BOUND_HALVINGS)) : -1,
    tooHigh(1)
      ? Math.max(
          middle,
          bisect(difference => !tooHigh(difference), middle, 1, BOUND_HALVINGS),
        )
      : 1,
  ]
}

/** Bounds to 10⁻⁷ of the whole. */
const BOUND_HALVINGS = 24
/** A bet never risks the whole capital on one request. */
const MOST_RISK = 0.999

/** candidate − reference, each segment weighted by what it tells. */
export function differenceOf(segments: readonly ArmsSegment[]): number {
  let [sum, weights] = [0, 0]
  for (const { candidate, reference } of segments) {
    const [n, m] = [totalOf(candidate), totalOf(reference)]
    if (n === 0 || m === 0) continue
    const weight = (n * m) / (n + m)
    sum += weight * (meanOf(candidate) - meanOf(reference))
    weights += weight
  }
  return rateOf({ count: sum, total: weights })
}

interface SharedSegment extends ArmsSegment {
  readonly share: number
  readonly total: number
  /** The greatest variance that values of their mean can have. */
  readonly spread: number
}

/** Undefined where an arm has nothing: such a segment says nothing about a difference. */
function shared(segment: ArmsSegment): SharedSegment | undefined {
  const [n, m] = [totalOf(segment.candidate), totalOf(segment.reference)]
  if (n === 0 || m === 0) return undefined
  const total = n + m
  const mean = (sumOf(segment.candidate) + sumOf(segment.reference)) / total
  return { ...segment, share: n / total, total, spread: mean * (1 - mean) }
}

function capitalOf(
  segments: readonly SharedSegment[],
  raise: number,
  difference: number,
  centre: number,
): number {
  let log = 0
  for (let i = 0; i < segments.length; i++) log += logCapital(raise, difference, centre, segments[i]!)
  return log
}

function logCapital(
  raise: number,
  difference: number,
  centre: number,
  { candidate, reference, share, total, spread }: SharedSegment,
): number {
  const wanted = raise / (1 + share * raise)
  const [a, b] = [1 - share, share]
  // The worst outcomes, 0 and 1, must leave some capital at either arm.
  const risk =
    raise > 0
      ? Math.max(a * centre, b * (1 + difference - centre))
      : Math.max(a * (1 - centre), b * (centre - difference))
  const kappa = Math.abs(wanted) * risk > MOST_RISK ? (Math.sign(wanted) * MOST_RISK) / risk : wanted
  // With a centre both arms are bet on, and the arms' sizes, known only afterwards, tie them to each other.
  // Their deal has T/(T−1) times the variance of a coin's; to the fourth order of the bet (checked by enumeration).
  const price = centre === 0 ? 0 : (kappa * kappa * a * b * spread * total) / (2 * (total - 1))
  return (
    logProduct(candidate, a * kappa, -centre) +
    logProduct(reference, -b * kappa, difference - centre) -
    price * (1 + 2 * price)
  )
}

/** ln Π (1 + stake (value + shift)). Indexed: it is what a simulation spends its time in. */
function logProduct(values: Values, stake: number, shift: number): number {
  let log = 0
  for (let i = 0; i < values.length; i++) {
    const outcome = values[i]!
    const change = stake * (outcome[0] + shift)
    if (outcome[1] > 0 && change !== 0) log += outcome[1] * Math.log1p(change)
  }
  return log
}
