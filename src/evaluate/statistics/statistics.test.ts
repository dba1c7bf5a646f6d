import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bootstrapInterval, percentile, type RowStatistic, seededRandom } from './bootstrap.ts'
import { differenceBounds, evidenceAgainst } from './difference.ts'
import { binomialCdf, mcNemarExact, tangoInterval, wilsonInterval } from './proportions.ts'
import { betaQuantile, incompleteBeta, logBeta, logGamma, normalCdf, normalQuantile } from './special.ts'

type Rows = readonly (readonly number[])[]
interface Reference {
  readonly [name: string]: Rows
}
/** Made by test/fixtures/statistics/make.py with SciPy. */
const reference: Reference = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/statistics/reference.json', import.meta.url), 'utf8'),
)
const withInterval = (name: string): readonly (readonly [readonly number[], readonly number[]])[] =>
  JSON.parse(JSON.stringify(reference[name])).map((row: unknown[]) => [row.slice(0, -1), row.at(-1)])

const close = (found: number, expected: number, tolerance = 1e-9): void =>
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(
    tolerance * Math.max(1e-12, Math.abs(expected)) + 1e-15,
  )

describe('as SciPy has it', () => {
  test('ln Γ', () => {
    for (const [x, expected] of reference['logGamma']!) close(logGamma(x!), expected!, 1e-12)
  })
  test('ln B', () => {
    for (const [a, b, expected] of reference['logBeta']!) close(logBeta(a!, b!), expected!)
  })
  test('incomplete beta', () => {
    for (const [x, a, b, expected] of reference['incompleteBeta']!)
      close(incompleteBeta(x!, a!, b!), expected!)
  })
  test('quantiles of beta', () => {
    for (const [p, a, b, expected] of reference['betaQuantile']!) close(betaQuantile(p!, a!, b!), expected!)
  })
  test('the normal distribution, both ways', () => {
    for (const [z, expected] of reference['normalCdf']!) close(normalCdf(z!), expected!, 1e-11)
    for (const [p, expected] of reference['normalQuantile']!) close(normalQuantile(p!), expected!)
  })
  test('binomial tails', () => {
    for (const [k, n, p, expected] of reference['binomialCdf']!) close(binomialCdf(k!, n!, p!), expected!)
  })
  test('percentiles', () => {
    const { truth } = JSON.parse(JSON.stringify(reference['regression']))
    const sorted = Float64Array.from(truth as number[]).sort()
    for (const [part, expected] of reference['percentile']!)
      close(percentile(sorted, part!), expected!, 1e-12)
  })
  test('exact McNemar', () => {
    for (const [onlyFirst, onlySecond, expected] of reference['mcNemar']!)
      close(mcNemarExact({ onlyFirst: onlyFirst!, onlySecond: onlySecond!, total: 1000 }), expected!)
  })
  test.each(withInterval('wilson'))('Wilson of %o is %o', ([count, total, confidence], [low, high]) => {
    const found = wilsonInterval(count!, total!, confidence!)
    close(found[0], low!)
    close(found[1], high!)
  })
  test.each(withInterval('tango'))('Tango of %o is %o', ([b, c, n, confidence], [low, high]) => {
    const found = tangoInterval({ onlyFirst: b!, onlySecond: c!, total: n! }, confidence!)
    close(found[0], low!, 1e-5)
    close(found[1], high!, 1e-5)
  })
})

test('Tango, as published for airway reactivity (Fagerland, Lydersen & Laake 2014): −0.517 to −0.026', () => {
  const [low, high] = tangoInterval({ onlyFirst: 1, onlySecond: 7, total: 21 }, 0.95)
  expect(low).toBeCloseTo(-0.517, 3)
  expect(high).toBeCloseTo(-0.026, 3)
})

test('two models that never differ: the interval shrinks with the examples, and is no point', () => {
  const [low, high] = tangoInterval({ onlyFirst: 0, onlySecond: 0, total: 996 }, 0.95)
  expect(high).toBeCloseTo(3.8415 / (996 + 3.8415), 6)
  expect(low).toBeCloseTo(-high, 9)
  expect(tangoInterval({ onlyFirst: 0, onlySecond: 0, total: 0 }, 0.95)).toEqual([-1, 1])
})

describe('the bounds of a difference of error rates', () => {
  const arm = fc
    .tuple(fc.nat(2000), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([total, part]) => ({ total, count: Math.round(total * part) }))

  test('hold the observed difference, and lie within −1 and 1', () => {
    fc.assert(
      fc.property(arm, arm, (a, b) => {
        const [low, high] = differenceBounds(a, b, { low: 0.05, high: 0.05 })
        const observed = (a.total ? a.count / a.total : 0) - (b.total ? b.count / b.total : 0)
        expect(low).toBeGreaterThanOrEqual(-1)
        expect(high).toBeLessThanOrEqual(1)
        expect(low).toBeLessThanOrEqual(observed + 1e-9)
        expect(high).toBeGreaterThanOrEqual(observed - 1e-9)
      }),
    )
  })

  test('are where the evidence reaches ln(1/α)', () => {
    const [a, b] = [
      { count: 12, total: 300 },
      { count: 3, total: 280 },
    ]
    const [low, high] = differenceBounds(a, b, { low: 0.01, high: 0.05 })
    expect(evidenceAgainst(low, 'worse', a, b)).toBeCloseTo(Math.log(100), 5)
    expect(evidenceAgainst(high, 'better', a, b)).toBeCloseTo(Math.log(20), 5)
  })

  test('with no data say nothing', () => {
    const none = { count: 0, total: 0 }
    expect(differenceBounds(none, none, { low: 0.05, high: 0.05 })).toEqual([-1, 1])
  })
})

describe('the bootstrap', () => {
  const mean = (values: readonly number[]): RowStatistic => {
    let [sum, n] = [0, 0]
    return {
      reset: () => {
        sum = n = 0
      },
      add: row => {
        sum += values[row]!
        n++
      },
      value: () => sum / n,
    }
  }
  const random = seededRandom(3)
  const values = Array.from({ length: 400 }, () => random())

  test('of a mean is near the normal interval', () => {
    const centre = values.reduce((sum, value) => sum + value, 0) / values.length
    const spread = Math.sqrt(values.reduce((sum, v) => sum + (v - centre) ** 2, 0)) / values.length
    const [low, high] = bootstrapInterval(values.length, mean(values), 0.95)
    expect(Math.abs(low - (centre - 1.96 * spread))).toBeLessThan(0.2 * spread)
    expect(Math.abs(high - (centre + 1.96 * spread))).toBeLessThan(0.2 * spread)
  })

  test('gives the same interval for the same rows', () => {
    const once = bootstrapInterval(values.length, mean(values), 0.9)
    expect(bootstrapInterval(values.length, mean(values), 0.9)).toEqual(once)
  })

  test('draws evenly', () => {
    const counts = new Array<number>(10).fill(0)
    const draw = seededRandom(1)
    for (let i = 0; i < 100_000; i++) counts[Math.floor(draw() * 10)]!++
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(450)
  })
})
