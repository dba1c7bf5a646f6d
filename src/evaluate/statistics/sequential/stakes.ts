import type { Side } from '../difference.ts'

/** One bet of a hedge: on an odds ratio of 1 + raise, with ln of the part of the capital that is laid on it. */
interface Stake {
  readonly raise: number
  readonly logWeight: number
}

/** From an effect that takes 10⁵ events to see up to one that ten events show. */
const SMALLEST = 0.011
const STEP = 1.42
const COUNT = 17
/** Effects below 6 % are rare and found late anyway: they get a third of what the others get. */
const SMALL = 0.06
const SMALL_WEIGHT = 1 / 3
/**
 * Who shows that a candidate is no worse mostly watches for what does not happen at all: half of that capital bets
 * on "never", where each quiet request of the reference earns the whole margin.
 */
const NEVER_WEIGHT = 0.5
const NEVER = 5

const sizes = Array.from({ length: COUNT }, (_, i) => SMALLEST * STEP ** i)
const weights = sizes.map(size => (size < SMALL ? SMALL_WEIGHT : 1))
const total = weights.reduce((sum, weight) => sum + weight, 0)

function stakes(sign: 1 | -1, part: number): readonly Stake[] {
  return sizes.map((size, i) => ({
    raise: Math.expm1(sign * size),
    logWeight: Math.log((part * weights[i]!) / total),
  }))
}

/**
 * What the capital is spread over, for each side that may be shown. A bet is lost or won for itself; the sum of all
 * is at most about 2 nats behind the one that knew the effect beforehand (the weight it got).
 */
const STAKES: Readonly<Record<Side, readonly Stake[]>> = {
  worse: stakes(1, 1),
  better: [{ raise: Math.expm1(-NEVER), logWeight: Math.log(NEVER_WEIGHT) }, ...stakes(-1, 1 - NEVER_WEIGHT)],
}

/** ln Σ weight · e^(log / inflation): the capital of a hedge, in nats. */
export function hedged(side: Side, logCapital: (raise: number) => number, inflation: number = 1): number {
  let sum = 0
  let most = Number.NEGATIVE_INFINITY
  for (const { raise, logWeight } of STAKES[side]) {
    const log = logWeight + logCapital(raise) / inflation
    if (log > most) {
      sum = sum * Math.exp(most - log) + 1
      most = log
    } else if (log > Number.NEGATIVE_INFINITY) sum += Math.exp(log - most)
  }
  return most + Math.log(sum)
}
