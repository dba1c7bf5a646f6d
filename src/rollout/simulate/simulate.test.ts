/** Sized to take seconds: rates of false rollbacks to within a few percent, by seeds that stay. */
import { describe, expect, test } from 'vitest'
import type { Verdict } from '../../core/index.ts'
import { Draws } from './draws.ts'
import {
  analysisRule,
  evidenceRule,
  groupSequentialRule,
  policyFor,
  type Rule,
  runRollout,
  type Scenario,
  type SimulatedMetric,
  SimulatedStream,
  STREAM_KINDS,
  simulate,
  summarise,
} from './index.ts'

const LATENCY = { median: 20_000, sigma: 0.5, canaryFactor: 1 }
/** No margin: nothing ever passes, and all looks are looked at. */
const errors = (baseline: number, canary = baseline): SimulatedMetric => ({
  metric: { kind: 'rate', name: 'errors', tolerance: 0, margin: 0 },
  baseline,
  canary,
})
const paired = (onlyBaseline: number, onlyCanary: number): SimulatedMetric => ({
  metric: { kind: 'paired', name: 'accuracy', tolerance: 0, margin: 0 },
  onlyBaseline,
  onlyCanary,
  labelled: 1,
})
const scenario = (metrics: readonly SimulatedMetric[], canaryFactor = 1): Scenario => ({
  metrics,
  canaryRequests: 50,
  baselineRequests: 50,
  latency: { ...LATENCY, canaryFactor },
})
const HEALTHY = scenario([errors(0.005), errors(0.05), errors(0.2), paired(0.05, 0.05)])
const LOOKS = 60

/** A z-test of the first error rate at every look: what people do who look at a dashboard. */
function zTestRule(): Rule {
  let [k, n, j, m] = [0, 0, 0, 0]
  return {
    look({ looks: [look] }): Verdict {
      if (look?.kind !== 'rate') return 'inconclusive'
      k += look.canary.count
      n += look.canary.total
      j += look.baseline.count
      m += look.baseline.total
      const rate = (k + j) / (n + m)
      const spread = Math.sqrt(rate * (1 - rate) * (1 / n + 1 / m))
      return spread > 0 && (k / n - j / m) / spread > 1.645 ? 'failed' : 'inconclusive'
    },
  }
}

describe('a healthy canary', () => {
  test.each(STREAM_KINDS)('is seldom rolled back, %s', kind => {
    const rule = () => evidenceRule(policyFor(HEALTHY, 0.95))
    const { failed } = simulate({ scenario: HEALTHY, kind, runs: 150, looks: LOOKS, seed: 5, rule })
    // A rate of 5 % gives more than 9 % of 150 runs less than once in fifty times.
    expect(failed.part).toBeLessThanOrEqual(0.09)
    const naive = simulate({
      scenario: scenario([errors(0.05)]),
      kind,
      runs: 150,
      looks: LOOKS,
      seed: 5,
      rule: zTestRule,
    })
    expect(naive.failed.part).toBeGreaterThan(0.2)
  })

  test('neither where the number of looks is known', () => {
    const alone = scenario([errors(0.05)])
    const rule = () => groupSequentialRule(policyFor(alone, 0.9), 20)
    const { failed } = simulate({
      scenario: alone,
      kind: 'independent',
      runs: 300,
      looks: 20,
      seed: 9,
      rule,
    })
    expect(failed.part).toBeLessThanOrEqual(0.14)
  })
})

test.each([
  { what: 'errors 0.5 → 2 %', harmful: scenario([errors(0.005, 0.02)]), within: 4500 },
  { what: 'accuracy 90 → 88 %', harmful: scenario([paired(0.06, 0.04)]), within: 9000 },
  {
    what: 'p95 half as long again',
    harmful: scenario(
      [{ metric: { kind: 'quantile', name: 'p95', quantile: 0.95, tolerance: 0, margin: 0 } }],
      1.5,
    ),
    within: 1500,
  },
])('a harmful canary is rolled back: $what', ({ harmful, within }) => {
  const rule = () => evidenceRule(policyFor(harmful, 0.95))
  const { failed, failedAfter } = simulate({
    scenario: harmful,
    kind: 'independent',
    runs: 60,
    looks: 300,
    seed: 3,
    rule,
  })
  expect(failed.part).toBeGreaterThan(0.95)
  expect(failedAfter!.requests).toBeLessThan(within)
})

test('the rule of each step alone can be played through as well', () => {
  const spec = {
    errorMargin: 0.01,
    latencyMargin: 0.5,
    latencyQuantile: 0.95,
    confidence: 0.95,
    minRequests: 50,
  }
  const found = simulate({
    scenario: scenario([
      errors(0, 0.2),
      { metric: { kind: 'quantile', name: 'p95', quantile: 0.95, tolerance: 0, margin: 0.5 } },
    ]),
    kind: 'independent',
    runs: 20,
    looks: 20,
    seed: 1,
    rule: () => analysisRule(spec),
  })
  expect(found.failed.part).toBe(1)
})

describe('streams', () => {
  test('the same seed gives the same one, another another', () => {
    for (const kind of STREAM_KINDS) {
      const of = (seed: number) => {
        const stream = new SimulatedStream(HEALTHY, kind, seed)
        return [stream.next(), stream.next(), stream.next()]
      }
      expect(of(4)).toEqual(of(4))
      expect(of(4)).not.toEqual(of(5))
    }
  })

  test.each(['independent', 'bursty', 'autocorrelated'] as const)(
    '%s: as many requests and errors as told',
    kind => {
      const [stream, looks] = [new SimulatedStream(scenario([errors(0.1)]), kind, 11), 8000]
      let [requests, count] = [0, 0]
      for (let look = 0; look < looks; look++) {
        const next = stream.next()
        requests += next.canaryRequests
        const [rate] = next.looks
        if (rate?.kind === 'rate') count += rate.canary.count
      }
      expect(requests / looks / 50).toBeCloseTo(1, 1)
      expect(count / requests / 0.1).toBeGreaterThan(0.9)
      expect(count / requests / 0.1).toBeLessThan(1.1)
    },
  )

  test('an incident hits both arms in the same looks', () => {
    const stream = new SimulatedStream(scenario([errors(0.005)]), 'incidents', 2)
    const rates = Array.from({ length: 2000 }, () => {
      const [rate] = stream.next().looks
      return rate?.kind === 'rate' ? [rate.canary.count, rate.baseline.count] : [0, 0]
    })
    const bad = rates.filter(([canary]) => canary! > 4)
    expect(bad.length).toBeGreaterThan(50)
    expect(bad.filter(([, baseline]) => baseline! > 2).length / bad.length).toBeGreaterThan(0.95)
  })
})

test.each([
  { what: 'binomial, rare', draw: (d: Draws) => d.binomial(400, 0.02), mean: 8, variance: 7.84 },
  { what: 'binomial, common', draw: (d: Draws) => d.binomial(40, 0.8), mean: 32, variance: 6.4 },
  { what: 'Poisson', draw: (d: Draws) => d.poisson(150), mean: 150, variance: 150 },
  { what: 'geometric', draw: (d: Draws) => d.geometric(3), mean: 3, variance: 6 },
  { what: 'normal', draw: (d: Draws) => d.normal(), mean: 0, variance: 1 },
  { what: 'exponential', draw: (d: Draws) => d.exponential(2), mean: 2, variance: 4 },
])('draws: $what', ({ draw, mean, variance }) => {
  const draws = new Draws(8)
  const values = Array.from({ length: 20_000 }, () => draw(draws))
  const found = values.reduce((sum, value) => sum + value, 0) / values.length
  const spread = values.reduce((sum, value) => sum + (value - found) ** 2, 0) / values.length
  // Four standard errors.
  expect(Math.abs(found - mean)).toBeLessThan(4 * Math.sqrt(variance / values.length))
  expect(spread / variance).toBeGreaterThan(0.9)
  expect(spread / variance).toBeLessThan(1.1)
})

test('a rollout ends with the first verdict, and its requests are those of both arms', () => {
  let looks = 0
  const rule: Rule = { look: () => (++looks === 3 ? 'passed' : 'inconclusive') }
  const stream = new SimulatedStream(HEALTHY, 'independent', 1)
  const again = new SimulatedStream(HEALTHY, 'independent', 1)
  const sum = [again.next(), again.next(), again.next()].reduce(
    (all, { canaryRequests, baselineRequests }) => all + canaryRequests + baselineRequests,
    0,
  )
  expect(runRollout(stream, rule, 10)).toEqual({ verdict: 'passed', looks: 3, requests: sum })
})

test('a summary', () => {
  const run = (verdict: Verdict, looks: number) => ({ verdict, looks, requests: 100 * looks })
  const result = summarise([run('failed', 3), run('passed', 9), run('failed', 1), run('failed', 8)])
  expect(result.failed.part).toBe(0.75)
  expect(result.failedAfter).toEqual({ requests: 300, looks: 3 })
  expect(result.passedAfter).toEqual({ requests: 900, looks: 9 })
  expect(summarise([]).failed).toEqual({ part: 0, interval: [0, 1] })
})
