import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../bootstrap.ts'
import {
  differenceInterval,
  estimateOf,
  isBinary,
  meanDifference,
  meanDifferenceEvidence,
  meanIsGreater,
  mergeSums,
  powerAt,
  rateIsGreater,
  type Sums,
  valuesNeeded,
} from './index.ts'
import { studentQuantile, studentTail } from './student.ts'

type Written = readonly [count: number, sum: number, squares: number]
/** Made by test/fixtures/statistics/means.py with SciPy. */
const reference = JSON.parse(
  readFileSync(new URL('../../../../test/fixtures/statistics/means.json', import.meta.url), 'utf8'),
) as {
  readonly tail: readonly (readonly [number, number, number])[]
  readonly welch: readonly (readonly [Written, Written, number, readonly [number, number, number, number]])[]
  readonly clustered: readonly (readonly [readonly Written[], readonly [number, number]])[]
  readonly rateIsGreater: readonly (readonly [number, number, number, number, number])[]
  readonly meanIsGreater: readonly (readonly [number, number, number, number, number, number, number])[]
}

const sums = ([count, sum, squares]: Written): Sums => ({ count, sum, squares })
const events = (count: number, total: number): Sums => ({ count: total, sum: count, squares: count })
const close = (found: number, expected: number, tolerance = 1e-9): void =>
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(tolerance * Math.max(1e-6, Math.abs(expected)))

describe('as SciPy has it', () => {
  test.each(reference.tail)("Student's tail beyond %d, %d degrees", (t, freedom, tail) => {
    close(studentTail(t, freedom), tail, 1e-8)
    // Beyond that 1 − tail has lost its digits.
    if (tail > 1e-6) close(studentQuantile(1 - tail, freedom), t, 1e-6)
  })

  test.each(reference.welch)("Welch's interval", (a, b, level, [freedom, statistic, low, high]) => {
    const found = meanDifference(estimateOf({ total: sums(a) })!, estimateOf({ total: sums(b) })!)
    close(found.freedom, freedom)
    close(found.difference / found.error, statistic)
    const interval = differenceInterval(found, 1 - level)
    close(interval[0], low)
    close(interval[1], high)
  })

  test.each(reference.clustered)(
    'the variance of a mean over groups of callers',
    (written, [mean, variance]) => {
      const groups = written.map(sums)
      const found = estimateOf({ total: mergeSums(...groups), groups })!
      close(found.mean, mean)
      close(found.variance, variance)
      expect(found.freedom).toBe(groups.length - 1)
    },
  )

  test.each(reference.rateIsGreater)('one rate is greater than another', (a, b, c, d, expected) =>
    close(rateIsGreater({ a, b }, { a: c, b: d }), expected, 1e-7),
  )

  test.each(reference.meanIsGreater)('one mean is greater than another', (m, s, n, l, r, k, expected) =>
    close(
      meanIsGreater({ centre: m, scale: s, freedom: n }, { centre: l, scale: r, freedom: k }),
      expected,
      1e-6,
    ),
  )
})

test('which of two is greater: one of them, whatever the counts', () => {
  const count = fc.integer({ min: 1, max: 5000 })
  fc.assert(
    fc.property(count, count, count, count, (a, b, c, d) => {
      const [one, other] = [
        { a, b },
        { a: c, b: d },
      ]
      close(rateIsGreater(one, other) + rateIsGreater(other, one), 1, 1e-6)
    }),
    { numRuns: 60 },
  )
})

test('no event in a hundred is not "never", and nothing is said of one value or one group', () => {
  const none = estimateOf({ total: events(0, 100) })!
  expect(none.variance).toBeGreaterThan(0)
  expect(estimateOf({ total: events(0, 1) })).toBeUndefined()
  expect(estimateOf({ total: events(9, 100), groups: [events(9, 100)] })).toBeUndefined()
  expect([isBinary(events(3, 9)), isBinary({ count: 3, sum: 2, squares: 1.5 })]).toEqual([true, false])
})

test('callers that come again count as callers: their groups vary more than requests would', () => {
  const apart = Array.from({ length: 16 }, (_, i) => events(i % 2 === 0 ? 90 : 10, 100))
  const total = mergeSums(...apart)
  expect(estimateOf({ total, groups: apart })!.variance).toBeGreaterThan(20 * estimateOf({ total })!.variance)
  // Groups that happen to be all alike are not believed to be surer than their requests.
  const alike = Array.from({ length: 16 }, () => events(50, 100))
  expect(estimateOf({ total: mergeSums(...alike), groups: alike })!.variance).toBe(
    estimateOf({ total: mergeSums(...alike) })!.variance,
  )
})

test('what is planned is found as often as planned', () => {
  const variance = 0.09
  const all = valuesNeeded(0.01, variance, 0.5, { alpha: 0.05, power: 0.8 })
  expect(all).toBe(22_258)
  const error = Math.sqrt(variance * (2 / all + 2 / all))
  expect(powerAt(0.01, error, 0.05)).toBeCloseTo(0.8, 4)
  expect(powerAt(0, error, 0.05)).toBeCloseTo(0.05, 9)
  expect(valuesNeeded(0.01, variance, 0.2, { alpha: 0.05, power: 0.8 })).toBeGreaterThan(1.5 * all)
})

describe('evidence of means that may be looked at for ever', () => {
  const LOOKS = 60
  const RUNS = 300

  /** Exponential values: skewed, as amounts are. The most evidence that any look had. */
  function most(seed: number, factor: number): number {
    const random = seededRandom(seed)
    const draw = (times: number, mean: number): Sums =>
      mergeSums(
        ...Array.from({ length: times }, () => {
          const value = -mean * Math.log(1 - random())
          return { count: 1, sum: value, squares: value * value }
        }),
      )
    let [candidate, other] = [draw(20, factor), draw(20, 1)]
    let found = Number.NEGATIVE_INFINITY
    for (let look = 0; look < LOOKS; look++) {
      candidate = mergeSums(candidate, draw(10, factor))
      other = mergeSums(other, draw(10, 1))
      const difference = meanDifference(estimateOf({ total: candidate })!, estimateOf({ total: other })!)
      found = Math.max(found, meanDifferenceEvidence(difference, 0, 'worse', 0.2))
    }
    return found
  }

  test('says "worse" of the same seldom, and of another mostly', () => {
    const share = (factor: number) =>
      Array.from({ length: RUNS }, (_, i) => most(i + 1, factor)).filter(nats => nats >= Math.log(20))
        .length / RUNS
    // 5 % gives more than 8.5 % of 300 runs less than once in a hundred times.
    expect(share(1)).toBeLessThanOrEqual(0.085)
    expect(share(1.5)).toBeGreaterThan(0.9)
  })

  test('is nothing where nothing is known', () => {
    expect(meanDifferenceEvidence({ difference: 1, error: 0, freedom: 1 }, 0, 'worse', 0.1)).toBe(0)
  })
})
