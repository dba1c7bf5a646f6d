/** Many seeded runs, looked at over and over: what is promised for ever holds at every look. */
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../bootstrap.ts'
import { logHistogram, quantileBucket } from '../quantile-ratio.ts'
import {
  armsInterval,
  distributionEvidence,
  groupSequentialBounds,
  inflationOf,
  meanInterval,
  NO_DISPERSION,
  quantileBuckets,
  valuesOf,
  withLook,
} from './index.ts'

const RUNS = 200
const LEVELS = { low: 0.1, high: 0.1 }

function drawn(random: () => number, total: number, rate: number): number {
  let count = 0
  for (let i = 0; i < total; i++) if (random() < rate) count++
  return count
}

function part(runs: number, wrong: (random: () => number) => boolean): number {
  let count = 0
  for (let seed = 1; seed <= runs; seed++) if (wrong(seededRandom(seed))) count++
  return count / runs
}

describe('at levels of 10 % for each end, over all looks', () => {
  test.each([
    { what: 'rare', candidate: 0.02, reference: 0.01, share: 0.5 },
    { what: 'common', candidate: 0.5, reference: 0.45, share: 0.5 },
    { what: 'beside nine times as many', candidate: 0.05, reference: 0.05, share: 0.1 },
  ])('a difference of rates, $what', ({ candidate, reference, share }) => {
    let [outside, zTest] = [0, 0]
    for (let seed = 1; seed <= RUNS; seed++) {
      const random = seededRandom(seed)
      let [k, n, j, m, missed, zMissed] = [0, 0, 0, 0, false, false]
      for (let look = 0; look < 15; look++) {
        const size = drawn(random, 200, share)
        k += drawn(random, size, candidate)
        j += drawn(random, 200 - size, reference)
        n += size
        m += 200 - size
        const segments = [
          { candidate: valuesOf({ count: k, total: n }), reference: valuesOf({ count: j, total: m }) },
        ]
        const [low, high] = armsInterval(segments, LEVELS)
        const truth = candidate - reference
        missed ||= low > truth || high < truth
        const spread = Math.sqrt(((k / n) * (1 - k / n)) / n + ((j / m) * (1 - j / m)) / m)
        zMissed ||= look > 1 && Math.abs(k / n - j / m - truth) > 1.2816 * spread
      }
      outside += Number(missed)
      zTest += Number(zMissed)
    }
    expect(outside / RUNS).toBeLessThanOrEqual(0.2)
    // The same looks by a test for one look: the simulation can tell.
    expect(zTest / RUNS).toBeGreaterThan(0.4)
  })

  test('a mean of bounded values', () => {
    const missed = part(RUNS, random => {
      const counts = [0, 0, 0]
      for (let n = 1; n <= 600; n++) {
        counts[Math.floor(3 * random() ** 2)]!++
        if (n % 60 > 0) continue
        const values = counts.map((count, i) => [i / 2, count] as const)
        const [low, high] = meanInterval(values, LEVELS)
        if (low > MEAN_OF_SQUARE || high < MEAN_OF_SQUARE) return true
      }
      return false
    })
    expect(missed).toBeLessThanOrEqual(0.2)
  })

  test('a quantile, in buckets', () => {
    const missed = part(RUNS, random => {
      const counts = new Array<number>(20).fill(0)
      for (let n = 1; n <= 600; n++) {
        counts[Math.floor(20 * random())]!++
        if (n % 20 > 0) continue
        const { low, high } = quantileBuckets(0.9, logHistogram(counts), LEVELS)
        // The 0.9-quantile of evenly drawn buckets is the upper edge of bucket 17.
        if ((low ?? 0) > 18 || (high ?? 19) < 17) return true
      }
      return false
    })
    expect(missed).toBeLessThanOrEqual(0.2)
    const many = logHistogram(new Array<number>(20).fill(500))
    const { low, high } = quantileBuckets(0.9, many, LEVELS)
    expect(low).toBeGreaterThanOrEqual(16)
    expect(high).toBeLessThanOrEqual(19)
    expect(quantileBucket(many, 0.9)).toBe(17)
    expect(quantileBuckets(0.9, logHistogram([]), LEVELS)).toEqual({ low: undefined, high: undefined })
  })

  test('the same distribution is seldom found different, another one is', () => {
    const found = (other: readonly number[]) =>
      part(RUNS, random => {
        const [a, b] = [
          [0, 0, 0],
          [0, 0, 0],
        ]
        for (let n = 1; n <= 1000; n++) {
          const [arm, parts] = random() < 0.5 ? [a, [0.5, 0.3, 0.2]] : [b, other]
          const at = random()
          arm[at < parts[0]! ? 0 : at < parts[0]! + parts[1]! ? 1 : 2]!++
          if (n % 20 === 0 && distributionEvidence(a, b) >= Math.log(10)) return true
        }
        return false
      })
    expect(found([0.5, 0.3, 0.2])).toBeLessThanOrEqual(0.1)
    expect(found([0.35, 0.3, 0.35])).toBeGreaterThan(0.9)
  })
})

/** ∫ of ⌊3 u²⌋ / 2 over u in 0 … 1. */
const MEAN_OF_SQUARE = 0.5 * (Math.sqrt(2 / 3) - Math.sqrt(1 / 3)) + (1 - Math.sqrt(2 / 3))

test('group-sequential bounds are crossed by chance as often as α says', () => {
  const looks = 20
  const bounds = groupSequentialBounds(
    Array.from({ length: looks }, (_, i) => (i + 1) / looks),
    0.1,
    'pocock',
  )
  const crossed = part(4000, random => {
    let sum = 0
    for (let look = 1; look <= looks; look++) {
      sum += Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
      if (sum / Math.sqrt(look) >= bounds[look - 1]!) return true
    }
    return false
  })
  // Three standard errors of 4,000 runs.
  expect(Math.abs(crossed - 0.1)).toBeLessThan(0.0143)
})

describe('dispersion', () => {
  /** Looks of 50 requests in each arm, whose events come `clump` at a time. */
  const measured = (clump: number, looks: number, effect = 1): number => {
    const random = seededRandom(7)
    let dispersion = NO_DISPERSION
    for (let look = 0; look < looks; look++) {
      const k = clump * drawn(random, 50, (0.04 * effect) / clump)
      const j = clump * drawn(random, 50, 0.04 / clump)
      const all = k + j
      dispersion = withLook(dispersion, { surplus: (k - j) / 2, variance: (all * (100 - all)) / 4 / 99 })
    }
    return inflationOf(dispersion)
  }

  test('of independent events is about one, whatever the effect', () => {
    expect(measured(1, 400)).toBeLessThan(1.7)
    expect(measured(1, 400, 3)).toBeLessThan(1.7)
  })

  test('of clumps is about their size', () => {
    expect(measured(4, 400)).toBeGreaterThan(3)
    expect(measured(4, 400)).toBeLessThan(6)
  })

  test('before anything was seen is believed to be two', () => {
    expect(inflationOf(NO_DISPERSION)).toBe(1)
    expect(inflationOf(withLook(NO_DISPERSION, { surplus: 0.5, variance: 0.25 }))).toBeGreaterThan(1.5)
  })

  test('clumps that last for several looks count as well', () => {
    const random = seededRandom(3)
    let [lasting, own] = [NO_DISPERSION, 0]
    for (let look = 0; look < 400; look++) {
      if (look % 5 === 0) own = random() < 0.5 ? 1 : -1
      lasting = withLook(lasting, { surplus: own, variance: 1 })
    }
    expect(inflationOf(lasting)).toBeGreaterThan(2.5)
  })

  test('resumes from JSON', () => {
    let [kept, resumed] = [NO_DISPERSION, NO_DISPERSION]
    for (let look = 0; look < 21; look++) {
      const surplus = { surplus: Math.sin(look), variance: 1 + (look % 3) }
      kept = withLook(kept, surplus)
      resumed = withLook(JSON.parse(JSON.stringify(resumed)), surplus)
    }
    expect(resumed).toEqual(kept)
  })
})
