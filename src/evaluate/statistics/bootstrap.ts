import type { Interval } from './proportions.ts'

/** A statistic of rows, as sums that are built up row by row. */
export interface RowStatistic {
  reset(): void
  add(row: number): void
  value(): number
}

/** Percentiles of 2,000 resamples are good to about a tenth of the interval's width. */
const RESAMPLES = 2000
/** The least that still has ten resamples in each tail of 95 %. */
const LEAST_RESAMPLES = 400
/** Rows drawn in all: some 5 s of one core. Larger data need fewer resamples, their intervals being narrow. */
const MAX_DRAWS = 400_000_000

/**
 * Percentile bootstrap interval of a statistic of `rows` rows (Efron & Tibshirani 1993, ch. 13): rows are drawn
 * with replacement, a pair of results staying together. Seeded: the same rows give the same interval.
 */
export function bootstrapInterval(
  rows: number,
  statistic: RowStatistic,
  confidence: number,
  seed: number = 1,
): Interval {
  const resamples = Math.max(LEAST_RESAMPLES, Math.min(RESAMPLES, Math.floor(MAX_DRAWS / Math.max(1, rows))))
  const random = seededRandom(seed)
  const values = new Float64Array(resamples)
  for (let resample = 0; resample < resamples; resample++) {
    statistic.reset()
    for (let i = 0; i < rows; i++) statistic.add(Math.floor(random() * rows))
    values[resample] = statistic.value()
  }
  values.sort()
  const tail = (1 - confidence) / 2
  return [percentile(values, tail), percentile(values, 1 - tail)]
}

/** Linear between the two nearest ranks (numpy's default). `sorted` must not be empty. */
export function percentile(sorted: ArrayLike<number>, part: number): number {
  const place = part * (sorted.length - 1)
  const below = Math.floor(place)
  const low = sorted[below]!
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!
  return low + (high - low) * (place - below)
}

/** Uniform in [0, 1), 32 bits, period 2^128 − 1 (xoshiro128+, Blackman & Vigna 2018; seeded by splitmix32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return z ^ (z >>> 15)
  }
  let [a, b, c, d] = [next(), next(), next(), next()]
  return () => {
    const result = (a + d) >>> 0
    const t = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = (d << 11) | (d >>> 21)
    return result / 4294967296
  }
}
