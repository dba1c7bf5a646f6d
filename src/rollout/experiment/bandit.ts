import type { Fraction, Milliseconds, Verdict } from '../../core/index.ts'
import {
  armsEvidence,
  isBinary,
  meanDifferenceEvidence,
  meanIsGreater,
  mergeSums,
  portfolioEvidence,
  rateIsGreater,
  type Standardised,
  type StandardisedArms,
  type Sums,
  type SumsSegment,
  standardised,
  valuesOf,
} from '../../evaluate/index.ts'
import type { BanditPlan } from './types.ts'

/** One look at a bandit. */
export interface BanditLook {
  readonly verdict: Verdict
  readonly isOver: boolean
  /** Rewards of both arms. */
  readonly observed: number
  /** P(the candidate's mean reward is the greater one); undefined before both arms have rewards. */
  readonly best: Fraction | undefined
  readonly arms: StandardisedArms | undefined
  /** In nats, and what is needed: for "worse than stable", and for "not worse by the margin". */
  readonly harm: number
  readonly harmNeeded: number
  readonly pass: number
  readonly passNeeded: number
}

/**
 * Two arms by reward. The candidate's share follows P(it is the better one): Thompson sampling for many requests at a
 * time (Thompson 1933; Agrawal & Goyal 2012). That probability is exact: by a beta posterior of rewards that are 0 or 1,
 * else by a normal-inverse-gamma one. A posterior that is looked at again and again decides nothing:
 *
 *   failed   it gets less than stable, by evidence that may be looked at for ever, at half of α (the other half is the
 *            guardrails')
 *   passed   it is the better one with probability 1 − α or more, of `minRewards` in each arm at least, and shown to be
 *            not worse by the margin, by such evidence at α
 *
 * Shares change, and so do times: each time between two changes is compared for itself (`standardised`, `armsEvidence`).
 */
export function lookAtBandit(
  plan: BanditPlan,
  segments: readonly SumsSegment[],
  elapsed: Milliseconds,
): BanditLook {
  const { horizon, analysis, margin, minRewards } = plan
  const candidate = mergeSums(...segments.map(segment => segment.candidate))
  const reference = mergeSums(...segments.map(segment => segment.reference))
  const observed = candidate.count + reference.count
  const isOver = horizon.kind === 'requests' ? observed >= horizon.requests : elapsed >= horizon.ms
  const alpha = 1 - analysis.confidence
  const [harmNeeded, passNeeded] = [-Math.log(alpha / 2), -Math.log(alpha)]
  const arms = standardised(segments)
  if (arms === undefined)
    return {
      verdict: 'inconclusive',
      isOver,
      observed,
      best: undefined,
      arms,
      harm: 0,
      harmNeeded,
      pass: 0,
      passNeeded,
    }
  const binary = segments.every(segment => isBinary(segment.candidate) && isBinary(segment.reference))
  const best = binary ? bestOfRates(arms) : bestOfMeans(arms, mergeSums(candidate, reference))
  const { harm, pass } = binary ? evidenceOfRates(segments, margin) : evidenceOfMeans(arms, margin)
  const isEnough = Math.min(candidate.count, reference.count) >= minRewards
  const passed = isEnough && best >= analysis.confidence && pass >= passNeeded
  const verdict = harm >= harmNeeded ? 'failed' : passed ? 'passed' : 'inconclusive'
  return { verdict, isOver, observed, best, arms, harm, harmNeeded, pass, passNeeded }
}

/** Beta(1, 1) before. */
function bestOfRates({ candidate, reference }: StandardisedArms): Fraction {
  const posterior = ({ mean, count }: Standardised) => ({ a: 1 + count * mean, b: 1 + count * (1 - mean) })
  return rateIsGreater(posterior(candidate), posterior(reference))
}

/** One value of both arms' mean and variance before. Where all values are one and the same, neither is greater. */
function bestOfMeans({ candidate, reference }: StandardisedArms, all: Sums): Fraction {
  const before = { mean: all.sum / all.count, spread: all.squares / all.count - (all.sum / all.count) ** 2 }
  if (!(before.spread > 0)) return 0.5
  const posterior = ({ mean, spread, count }: Standardised) => {
    const weight = 1 + count
    const shape = 1 + count / 2
    const rate = before.spread + (count * spread) / 2 + (count * (mean - before.mean) ** 2) / (2 * weight)
    return {
      centre: (before.mean + count * mean) / weight,
      scale: Math.sqrt(rate / (shape * weight)),
      freedom: 2 * shape,
    }
  }
  return meanIsGreater(posterior(candidate), posterior(reference))
}

/**
 * By the coin that dealt a request to its arm. A bet is right for rare events, or for what is about even; which of
 * rewards, losses or neither are rare is not known, so the capital is laid on all three.
 */
function evidenceOfRates(segments: readonly SumsSegment[], margin: number) {
  const of = (count: (sums: Sums) => number) =>
    segments.map(({ candidate, reference }) => ({
      candidate: valuesOf({ count: count(candidate), total: candidate.count }),
      reference: valuesOf({ count: count(reference), total: reference.count }),
    }))
  const [rewards, losses] = [of(({ sum }) => sum), of(({ count, sum }) => count - sum)]
  const about = (bound: number, gets: 'less' | 'enough'): number => {
    const [ofLosses, ofRewards] =
      gets === 'less' ? (['worse', 'better'] as const) : (['better', 'worse'] as const)
    return portfolioEvidence([
      { nats: armsEvidence(bound, ofLosses, losses, { centre: 0.5 }), weight: 2 },
      { nats: armsEvidence(bound, ofLosses, losses), weight: 1 },
      { nats: armsEvidence(-bound, ofRewards, rewards), weight: 1 },
    ])
  }
  return { harm: about(0, 'less'), pass: about(margin, 'enough') }
}

/** Effects that are bet on, in standard deviations of single values: small ones, usual ones, large ones. */
const EFFECTS = [0.03, 0.1, 0.4]

function evidenceOfMeans(arms: StandardisedArms, margin: number) {
  return { harm: meansEvidence(arms, 0, 'better'), pass: meansEvidence(arms, -margin, 'worse') }
}

/** Nats against "the candidate gets more by at most (`worse`) or at least (`better`) the bound". */
function meansEvidence(
  { difference, candidate, reference }: StandardisedArms,
  bound: number,
  side: 'worse' | 'better',
): number {
  const deviation = Math.sqrt((candidate.spread + reference.spread) / 2)
  return portfolioEvidence(
    EFFECTS.map(effect => ({
      nats: meanDifferenceEvidence(difference, bound, side, effect * deviation),
      weight: 1,
    })),
  )
}

/** Bounds of the difference that hold at every look, of large samples: each end wrong, ever, with at most `alpha`. */
export function banditInterval(arms: StandardisedArms, alpha: number): readonly [low: number, high: number] {
  const { difference, error } = arms.difference
  if (!(error > 0)) return [difference, difference]
  const needed = -Math.log(alpha)
  const reach = (side: 'worse' | 'better', sign: 1 | -1): number => {
    let [near, far] = [0, FURTHEST_ERRORS]
    for (let i = 0; i < HALVINGS; i++) {
      const middle = (near + far) / 2
      if (meansEvidence(arms, difference + sign * middle * error, side) >= needed) far = middle
      else near = middle
    }
    return difference + sign * far * error
  }
  return [reach('worse', -1), reach('better', 1)]
}

/** In standard errors: evidence of any level that is asked for is reached within. */
const FURTHEST_ERRORS = 100
const HALVINGS = 30

/** Shares are whole numbers of these, and move by so many at most: gateways' routes do not flap. */
const QUANTUM: Fraction = 0.05
const MOST_QUANTA = 4
/** Rewards in each arm before the first change: a handful says nothing. */
const FIRST_REWARDS = 20
/** Evidence goes on by segment, and each is kept. */
const MAX_CHANGES = 200

/** The share that the candidate gets next; undefined while it keeps the one it has. */
export function nextShare(
  { explore, most, every }: BanditPlan,
  { best, observed }: Pick<BanditLook, 'best' | 'observed'>,
  now: { readonly share: Fraction; readonly changes: number; readonly sinceChange: Milliseconds },
): Fraction | undefined {
  if (best === undefined || observed < 2 * FIRST_REWARDS) return undefined
  if (now.sinceChange < every || now.changes >= MAX_CHANGES) return undefined
  // A quantum beyond where it is, so that chance does not move it to and fro.
  if (Math.abs(best - now.share) < QUANTUM) return undefined
  const steps = Math.round((best - now.share) / QUANTUM)
  const moved = now.share + QUANTUM * Math.max(-MOST_QUANTA, Math.min(MOST_QUANTA, steps))
  const highest = Math.min(most, 1 - explore)
  const share = Number(Math.min(highest, Math.max(Math.min(explore, highest), moved)).toFixed(4))
  return share === now.share ? undefined : share
}
