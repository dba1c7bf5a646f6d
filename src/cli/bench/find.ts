import type { Measured } from './measure.ts'
import { brokenBy, type Slo } from './slo.ts'

export interface Trial {
  readonly rate: number
  readonly measured: Measured
  /** Why it broke the promise; undefined where it kept it. */
  readonly broken: string | undefined
}

export interface Found {
  /** The highest rate that kept the promise; 0 where none did. */
  readonly rate: number
  readonly trials: readonly Trial[]
}

const GROWTH = 2
/** The answer is right within this share. */
const PRECISION = 0.05
const MAX_TRIALS = 24
/** No slower: then the promise can't be kept at all. */
const LOWEST_RATE = 0.5
const HIGHEST_RATE = 1_000_000

/**
 * Doubles the rate while the promise is kept (halves it until it is), then narrows in between. Each trial is open-loop:
 * what can't keep up shows as waiting.
 */
export async function findRate(
  first: number,
  slo: Slo,
  attempt: (rate: number) => Promise<Measured>,
  onTrial: (trial: Trial) => void,
): Promise<Found> {
  const trials: Trial[] = []
  let [kept, broken] = [0, Number.POSITIVE_INFINITY]
  let rate = first
  while (trials.length < MAX_TRIALS && rate >= LOWEST_RATE && rate <= HIGHEST_RATE) {
    const measured = await attempt(rate)
    const trial = { rate, measured, broken: brokenBy(slo, measured) }
    trials.push(trial)
    onTrial(trial)
    if (trial.broken === undefined) kept = rate
    else broken = rate
    if (broken === Number.POSITIVE_INFINITY) rate *= GROWTH
    else if (kept === 0) rate /= GROWTH
    else if (broken / kept - 1 <= PRECISION) break
    // Between in equal factors.
    else rate = Math.sqrt(kept * broken)
  }
  return { rate: kept, trials }
}
