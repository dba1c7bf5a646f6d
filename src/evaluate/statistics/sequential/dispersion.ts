/** What one stretch of time adds: the candidate's surplus of events, and the variance it has if requests are alike. */
export interface Surplus {
  readonly surplus: number
  readonly variance: number
}

/** Stretches of 2^scale looks so far; `half` is the first of two that await each other. */
interface Scale {
  readonly count: number
  readonly surplus: number
  readonly variance: number
  /** Σ (surplus − what the stretches before it led to expect)², and of the variances beside them: Σ v, Σ v². */
  readonly squares: number
  readonly compared: number
  readonly comparedSquares: number
  /** Σ of each stretch's departure times that of the one before, and the last departure. */
  readonly products: number
  readonly last: number
  readonly half?: Surplus
}

/** Kept as JSON; a few numbers for each doubling of the number of looks. */
export interface Dispersion {
  readonly scales: readonly Scale[]
}

export const NO_DISPERSION: Dispersion = { scales: [] }

const NOTHING: Scale = {
  count: 0,
  surplus: 0,
  variance: 0,
  squares: 0,
  compared: 0,
  comparedSquares: 0,
  products: 0,
  last: 0,
}

/** Looks beyond 2^20 are too many for any rollout. */
const MAX_SCALES = 20

export function withLook(dispersion: Dispersion, look: Surplus): Dispersion {
  const scales = [...dispersion.scales]
  let carried: Surplus | undefined = look
  for (let i = 0; carried !== undefined && i < MAX_SCALES; i++) {
    const { half: next, ...sums } = scales[i] ?? NOTHING
    scales[i] = { ...compared(sums, carried, i), ...(next === undefined && { half: carried }) }
    carried =
      next === undefined
        ? undefined
        : { surplus: next.surplus + carried.surplus, variance: next.variance + carried.variance }
  }
  return { scales }
}

/** A first long stretch has nothing to be compared with; a first look is compared with "no effect". */
function compared(
  sums: Omit<Scale, 'half'>,
  { surplus, variance }: Surplus,
  scale: number,
): Omit<Scale, 'half'> {
  const expected = (sums.surplus / (sums.variance + CAUTION)) * variance
  const counts = scale === 0 || sums.count > 0
  const departure = counts ? surplus - expected : 0
  return {
    count: sums.count + 1,
    surplus: sums.surplus + surplus,
    variance: sums.variance + variance,
    squares: sums.squares + departure ** 2,
    compared: sums.compared + (counts ? variance : 0),
    comparedSquares: sums.comparedSquares + (counts ? variance ** 2 : 0),
    products: sums.products + departure * sums.last,
    last: departure,
  }
}

/** Of the effect seen before, as if so much variance had shown none: a first surplus is taken for a cluster. */
const CAUTION = 2
/** What is believed before anything was seen: so much dispersion, worth so many stretches. */
const PRIOR = 2
const PRIOR_WEIGHT = 4
/**
 * Fewer long stretches than this don't tell their dispersion. Stretches are counted by what they weigh: of a canary that
 * was well for a day and then fails altogether, the first minute of failing is nearly all that there is of events.
 */
const LEAST_STRETCHES = 3
/** In the first looks a harm that stays is taken for memory: a canary that fails altogether must not hide so. */
const LEAST_LOOKS = 6
/** Looks as if without memory that are believed beforehand. */
const MEMORY_WEIGHT = 2
/** A memory of one would leave no evidence at all. */
const MOST_MEMORY = 0.9

/**
 * By how much the candidate's surplus of events varies beyond what independent requests would give: 1 where they are
 * independent. One replica's own troubles (a pause, a crash, retries that come back to it) last a while and bring
 * several events at once; evidence in nats divided by the size of such a cluster is what the clusters alone give
 * (E^(1/c) of an e-value E stays one by Jensen's inequality; quasi-likelihood: Wedderburn 1974). Measured as
 * Pearson's χ² over its degrees of freedom, about the effect that was seen before: of looks, times (1 + r) / (1 − r)
 * for the correlation r of one look with the next (what a first-order autoregression adds to the variance of a sum), and
 * of every length of stretch of which there are enough (batch means); the greatest counts.
 *
 * Dispersion is measured, not known: what `armsEvidence` guarantees for the split by coin holds without it, and what
 * it adds for troubles of one arm alone is shown by simulation (bench/rollouts).
 */
export function inflationOf({ scales }: Dispersion): number {
  // A length of which little was seen is believed to be as the one before it.
  let [most, believed] = [1, PRIOR]
  for (const [i, { squares, compared: variance, comparedSquares, products }] of scales.entries()) {
    if (variance <= 0) continue
    const stretches = variance ** 2 / comparedSquares
    if (i > 0 && stretches < LEAST_STRETCHES - 1) break
    const inflation =
      (PRIOR_WEIGHT * believed + stretches * (squares / variance)) / (PRIOR_WEIGHT + stretches)
    const quiet = (MEMORY_WEIGHT * PRIOR * variance) / stretches
    const remembers = i === 0 && stretches >= LEAST_LOOKS
    const memory = remembers ? Math.min(MOST_MEMORY, Math.max(0, products / (squares + quiet))) : 0
    most = Math.max(most, (inflation * (1 + memory)) / (1 - memory))
    believed = most
  }
  return most
}
