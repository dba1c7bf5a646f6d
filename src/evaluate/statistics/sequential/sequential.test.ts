import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Side } from '../difference.ts'
import {
  type ArmsSegment,
  armsEvidence,
  armsInterval,
  distributionEvidence,
  groupSequentialBounds,
  holm,
  meanEvidence,
  meanInterval,
  mergeValues,
  portfolioEvidence,
  pValueOf,
  requestsUntilEvidence,
  spentAt,
  totalVariation,
  valuesOf,
} from './index.ts'

/** Made by test/fixtures/statistics/sequential.py, each value another way than here. */
const reference: {
  readonly arms: readonly [number, Side, number, number, number, number, number][]
  readonly mean: readonly [number, Side, number, number, number, number][]
  readonly distribution: readonly [number[], number[], number][]
  readonly bounds: readonly [number[], number, number[]][]
} = JSON.parse(
  readFileSync(new URL('../../../../test/fixtures/statistics/sequential.json', import.meta.url), 'utf8'),
)

const arms = (k: number, n: number, j: number, m: number): ArmsSegment => ({
  candidate: valuesOf({ count: k, total: n }),
  reference: valuesOf({ count: j, total: m }),
})
const pairs = (worse: number, better: number, same: number) =>
  [
    [1, worse],
    [-1, better],
    [0, same],
  ] as const
const PAIR_RANGE = { range: [-1, 1] } as const

describe('as computed another way', () => {
  test.each(reference.arms)('two arms: %d %s, %d of %d against %d of %d', (d, side, k, n, j, m, nats) => {
    expect(armsEvidence(d, side, [arms(k, n, j, m)])).toBeCloseTo(nats, 9)
  })
  test.each(reference.mean)('pairs: %d %s, %d worse, %d better, %d alike', (d, side, w, b, s, nats) => {
    expect(meanEvidence(d, side, pairs(w, b, s), PAIR_RANGE)).toBeCloseTo(nats, 9)
  })
  test.each(reference.distribution)('categories %o against %o', (candidate, other, nats) => {
    expect(distributionEvidence(candidate, other)).toBeCloseTo(nats, 9)
  })
  test.each(reference.bounds)('group-sequential bounds at %o, α = %d', (looks, alpha, expected) => {
    for (const [i, bound] of groupSequentialBounds(looks, alpha).entries())
      expect(bound).toBeCloseTo(expected[i]!, 3)
  })
})

/** As tabulated by Reboussin, DeMets, Kim & Lan (2000) for two sides of 5 %, whose other side hardly counts. */
test.each([
  ['obrien-fleming', [4.877, 3.357, 2.68, 2.29, 2.031]],
  ['pocock', [2.438, 2.427, 2.41, 2.397, 2.386]],
] as const)('five even looks, %s', (spending, expected) => {
  const bounds = groupSequentialBounds([0.2, 0.4, 0.6, 0.8, 1], 0.025, spending)
  expect(bounds.map(bound => Number(bound.toFixed(3)))).toEqual(expected)
  expect(spentAt(spending, 1, 0.025)).toBeCloseTo(0.025, 9)
})

/** ln C(n, k). */
const logChoose = (n: number, k: number): number => {
  let log = 0
  for (let i = 1; i <= k; i++) log += Math.log((n - k + i) / i)
  return log
}
const binomial = (n: number, k: number, p: number): number =>
  Math.exp(logChoose(n, k)) * p ** k * (1 - p) ** (n - k)

/** Every outcome counted out: an e-value's expectation under its hypothesis is at most 1. */
describe('a fair game', () => {
  const size = fc.integer({ min: 1, max: 14 })
  const side = fc.constantFrom<Side>('worse', 'better')
  const centre = fc.constantFrom(0, 0.1, 0.5)

  test('events dealt out to the arms at random', () => {
    fc.assert(
      fc.property(size, size, fc.nat(28), side, centre, (n, m, some, which, c) => {
        const events = Math.min(some, n + m)
        let expectation = 0
        for (let k = Math.max(0, events - m); k <= Math.min(n, events); k++) {
          const chance = Math.exp(logChoose(n, k) + logChoose(m, events - k) - logChoose(n + m, events))
          expectation += chance * Math.exp(armsEvidence(0, which, [arms(k, n, events - k, m)], { centre: c }))
        }
        expect(expectation).toBeLessThanOrEqual(1 + 1e-9)
      }),
    )
  })

  test('two rates that differ by the difference', () => {
    const rate = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(size, size, rate, rate, side, centre, (n, m, p, q, which, c) => {
        let expectation = 0
        for (let k = 0; k <= n; k++)
          for (let j = 0; j <= m; j++)
            expectation +=
              binomial(n, k, p) *
              binomial(m, j, q) *
              Math.exp(armsEvidence(p - q, which, [arms(k, n, j, m)], { centre: c }))
        expect(expectation).toBeLessThanOrEqual(1 + 1e-9)
      }),
    )
  })

  test('pairs whose mean is what is denied', () => {
    const part = fc.double({ min: 0.01, max: 0.98, noNaN: true })
    fc.assert(
      fc.property(size, part, part, side, (n, a, b, which) => {
        const [worse, better] = [a * 0.5, b * 0.5]
        let expectation = 0
        for (let w = 0; w <= n; w++)
          for (let l = 0; l <= n - w; l++) {
            const chance = binomial(n, w, worse) * binomial(n - w, l, Math.min(1, better / (1 - worse)))
            expectation +=
              chance * Math.exp(meanEvidence(worse - better, which, pairs(w, l, n - w - l), PAIR_RANGE))
          }
        expect(expectation).toBeCloseTo(1, 9)
      }),
    )
  })

  test('answers of two categories dealt out by the coin of the split', () => {
    fc.assert(
      fc.property(size, size, (a, b) => {
        // Shares of exactly one half, so that the number of the candidate's answers is known to be half.
        let expectation = 0
        const n = (a + b) / 2
        if (!Number.isInteger(n)) return
        for (let k = Math.max(0, n - b); k <= Math.min(n, a); k++) {
          const chance = Math.exp(logChoose(a, k) + logChoose(b, n - k) - logChoose(a + b, n))
          expectation += chance * Math.exp(distributionEvidence([k, n - k], [a - k, b - n + k]))
        }
        expect(expectation).toBeLessThanOrEqual(1 + 1e-9)
      }),
    )
  })
})

describe('intervals', () => {
  const count = fc
    .tuple(fc.integer({ min: 1, max: 3000 }), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([total, part]) => [Math.round(total * part), total] as const)
  const LEVELS = { low: 0.01, high: 0.05 }

  test('hold what was observed, lie within −1 and 1, and are wider where less may be wrong', () => {
    fc.assert(
      fc.property(count, count, ([k, n], [j, m]) => {
        const [low, high] = armsInterval([arms(k, n, j, m)], LEVELS)
        const observed = k / n - j / m
        expect(low).toBeGreaterThanOrEqual(-1)
        expect(high).toBeLessThanOrEqual(1)
        expect(low).toBeLessThanOrEqual(observed + 1e-6)
        expect(high).toBeGreaterThanOrEqual(observed - 1e-6)
        const wider = armsInterval([arms(k, n, j, m)], { low: 0.0001, high: 0.0005 })
        expect(wider[0]).toBeLessThanOrEqual(low + 1e-6)
        expect(wider[1]).toBeGreaterThanOrEqual(high - 1e-6)
      }),
      { numRuns: 50 },
    )
  })

  test('end where the evidence is what their level needs', () => {
    const segments = [arms(24, 200, 3, 180)]
    const [low, high] = armsInterval(segments, LEVELS)
    expect(armsEvidence(low, 'worse', segments)).toBeCloseTo(Math.log(100), 3)
    expect(armsEvidence(high, 'better', segments)).toBeCloseTo(Math.log(20), 3)
    const [from, to] = meanInterval(pairs(50, 30, 920), LEVELS, PAIR_RANGE)
    expect(meanEvidence(from, 'worse', pairs(50, 30, 920), PAIR_RANGE)).toBeCloseTo(Math.log(100), 3)
    expect(meanEvidence(to, 'better', pairs(50, 30, 920), PAIR_RANGE)).toBeCloseTo(Math.log(20), 3)
  })

  test('without data say nothing', () => {
    expect(armsInterval([], LEVELS)).toEqual([-1, 1])
    expect(armsInterval([arms(0, 0, 3, 10)], LEVELS)).toEqual([-1, 1])
    expect(meanInterval([], LEVELS)).toEqual([0, 1])
  })
})

test('more of the same is more evidence; less dispersion too', () => {
  for (const times of [1, 2, 4, 8]) {
    const of = (n: number) => armsEvidence(0, 'worse', [arms(12 * n, 400 * n, 3 * n, 400 * n)])
    expect(of(2 * times)).toBeGreaterThan(of(times))
    const inflated = armsEvidence(0, 'worse', [arms(120, 4000, 30, 4000)], { inflation: times })
    expect(inflated).toBeGreaterThan(
      armsEvidence(0, 'worse', [arms(120, 4000, 30, 4000)], { inflation: 2 * times }),
    )
  }
})

test('a canary of 10 % beside the rest needs fewer of its own requests than beside a baseline as small', () => {
  const small = (n: number) => armsEvidence(0, 'worse', [arms(0.02 * n, n, 0.005 * n, n)])
  const large = (n: number) => armsEvidence(0, 'worse', [arms(0.02 * n, n, 0.005 * 9 * n, 9 * n)])
  expect(requestsUntilEvidence(large, 5)!).toBeLessThan(0.8 * requestsUntilEvidence(small, 5)!)
  expect(requestsUntilEvidence(() => 0, 5)).toBeUndefined()
})

test('counts merge in any order', () => {
  const values = fc.array(fc.tuple(fc.constantFrom(0, 0.25, 0.5, 1), fc.nat(50)), { maxLength: 6 })
  fc.assert(
    fc.property(values, values, values, (a, b, c) => {
      expect(mergeValues(mergeValues(a, b), c)).toEqual(mergeValues(c, mergeValues(b, a)))
    }),
  )
})

test('Holm, step by step', () => {
  expect(holm([0.01, 0.04, 0.03], 0.05)).toEqual([true, false, false])
  expect(holm([0.01, 0.02, 0.03], 0.05)).toEqual([true, true, true])
  expect(holm([0.02, 0.9], 0.05)).toEqual([true, false])
  expect(holm([], 0.05)).toEqual([])
  expect(pValueOf(Math.log(50))).toBeCloseTo(0.02, 12)
  expect(pValueOf(-3)).toBe(1)
})

test('a portfolio is never behind its best metric at that metric’s part, nor ahead of it at the whole', () => {
  const holding = fc.record({
    nats: fc.double({ min: -20, max: 800, noNaN: true }),
    weight: fc.double({ min: 0.1, max: 10, noNaN: true }),
  })
  fc.assert(
    fc.property(fc.array(holding, { minLength: 1, maxLength: 10 }), holdings => {
      const all = holdings.reduce((sum, { weight }) => sum + weight, 0)
      const bonferroni = Math.max(...holdings.map(({ nats, weight }) => nats + Math.log(weight / all)))
      const found = portfolioEvidence(holdings)
      expect(found).toBeGreaterThanOrEqual(bonferroni - 1e-9)
      expect(found).toBeLessThanOrEqual(Math.max(...holdings.map(({ nats }) => nats)) + 1e-9)
    }),
  )
  expect(portfolioEvidence([])).toBe(0)
})

test('the distance of two distributions', () => {
  expect(totalVariation([1, 1], [5, 5])).toBe(0)
  expect(totalVariation([3, 0], [0, 9])).toBe(1)
  expect(totalVariation([6, 4], [5, 5])).toBeCloseTo(0.1, 12)
  expect(totalVariation([], [1])).toBe(0)
})
