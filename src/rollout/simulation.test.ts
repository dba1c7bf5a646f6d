/** Many seeded rollouts, looked at over and over, to see that the declared budgets hold and how soon it decides. */
import { describe, expect, test } from 'vitest'
import type { Verdict } from '../core/index.ts'
import { differenceBounds } from '../evaluate/index.ts'
import { type AnalysisSpec, analyse } from './index.ts'
import { SimulatedArm, SPEC } from './testing.ts'

type Behaviour = ConstructorParameters<typeof SimulatedArm>[1]
interface Outcome {
  readonly verdict: Verdict
  readonly requests: number
}

/** One step of a rollout: looks after every `every` requests in each arm until a decision or `limit`. */
function runStep(
  seed: number,
  canary: Behaviour,
  baseline: Behaviour,
  spec: AnalysisSpec,
  looks: { readonly every: number; readonly limit: number; readonly steps?: number },
): Outcome {
  const arms = [new SimulatedArm(2 * seed, canary), new SimulatedArm(2 * seed + 1, baseline)] as const
  for (let requests = looks.every; requests <= looks.limit; requests += looks.every) {
    const { verdict } = analyse(
      arms[0].serve(looks.every),
      arms[1].serve(looks.every),
      spec,
      looks.steps ?? 3,
    )
    if (verdict !== 'inconclusive') return { verdict, requests }
  }
  return { verdict: 'inconclusive', requests: looks.limit }
}

function runs(count: number, run: (seed: number) => Outcome): readonly Outcome[] {
  return Array.from({ length: count }, (_, seed) => run(seed + 1))
}

const ALIKE: Behaviour = { errorRate: 0.2 }

function part(outcomes: readonly Outcome[], verdict: Verdict): number {
  return outcomes.filter(outcome => outcome.verdict === verdict).length / outcomes.length
}

function median(outcomes: readonly Outcome[]): number {
  return outcomes.map(outcome => outcome.requests).sort((a, b) => a - b)[outcomes.length >> 1]!
}

/** At looks after every 20 requests. */
describe('false decisions stay within the budget', () => {
  const looks = { every: 20, limit: 300, steps: 1 }

  test('two arms alike, hardly any margin: seldom aborted', () => {
    const alike = { errorRate: 0.05, sigma: 0.5 }
    const spec = { ...SPEC, errorMargin: 0.0001, latencyMargin: 0.0001, latencyQuantile: 0.5 }
    const aborted = (confidence: number) =>
      part(
        runs(40, seed => runStep(seed, alike, alike, { ...spec, confidence }, looks)),
        'failed',
      )
    expect(aborted(0.95)).toBeLessThanOrEqual(0.05)
    expect(aborted(0.5)).toBeLessThanOrEqual(0.5)
  })

  test.each([
    { what: 'in errors', canary: { errorRate: 0.15 }, margins: { errorMargin: 0.1, latencyMargin: 5 } },
    {
      what: 'in latency',
      canary: { median: 3000, errorRate: 0.05 },
      margins: { errorMargin: 0.5, latencyMargin: 0.5 },
    },
  ])('a canary worse by exactly the margin $what: seldom passed, seldom failed', ({ canary, margins }) => {
    const spec = { ...SPEC, ...margins, latencyQuantile: 0.5 }
    const outcomes = (confidence: number) =>
      runs(40, seed => runStep(seed, canary, { errorRate: 0.05 }, { ...spec, confidence }, looks))
    for (const [confidence, budget] of [
      [0.95, 0.05],
      [0.5, 0.5],
    ] as const) {
      const found = outcomes(confidence)
      expect(part(found, 'passed')).toBeLessThanOrEqual(budget)
      expect(part(found, 'failed')).toBeLessThanOrEqual(budget)
    }
  })

  test('the difference of two equal rates: bounds hold where a z-test looked at as often breaks its word', () => {
    let [ours, zTest] = [0, 0]
    for (let seed = 1; seed <= 200; seed++) {
      const [a, b] = [new SimulatedArm(2 * seed, ALIKE), new SimulatedArm(2 * seed + 1, ALIKE)]
      let [wrong, zWrong] = [false, false]
      for (let n = 20; n <= 500; n += 20) {
        const [x, y] = [a.serve(20).errors, b.serve(20).errors]
        const [low, high] = differenceBounds(
          { count: x, total: n },
          { count: y, total: n },
          { low: 0.025, high: 0.025 },
        )
        wrong ||= low > 0 || high < 0
        const spread = Math.sqrt((x * (1 - x / n) + y * (1 - y / n)) / n ** 2)
        zWrong ||= Math.abs(x - y) / n > 1.96 * spread
      }
      ours += Number(wrong)
      zTest += Number(zWrong)
    }
    expect(zTest / 200).toBeGreaterThan(0.2)
    expect(ours / 200).toBeLessThanOrEqual(0.05)
  })
})

/** Requests in each arm, for three steps at 95 %. Medians found (three steps, 95 %): 340 at margin 1 %, 170 at 2 %. */
describe('decisions come soon', () => {
  test.each([
    { errorMargin: 0.01, latencyQuantile: 0.95, within: 360 },
    { errorMargin: 0.02, latencyQuantile: 0.95, within: 220 },
    { errorMargin: 0.02, latencyQuantile: 0.5, within: 200 },
    { errorMargin: 0.05, latencyQuantile: 0.5, within: 100 },
  ])(
    'a healthy canary, margins $errorMargin and 50 % at quantile $latencyQuantile',
    ({ within, ...margins }) => {
      const spec = { ...SPEC, ...margins }
      const outcomes = runs(9, seed => runStep(seed, {}, {}, spec, { every: 20, limit: 1000 }))
      expect(part(outcomes, 'passed')).toBeGreaterThan(0.9)
      expect(median(outcomes)).toBeLessThanOrEqual(within)
    },
  )

  test.each([
    { sick: '5 % more errors', canary: { errorRate: 0.05 }, spec: SPEC, within: 500 },
    { sick: '20 % more errors', canary: { errorRate: 0.2 }, spec: SPEC, within: 80 },
    { sick: 'every request fails', canary: { errorRate: 1 }, spec: SPEC, within: 20 },
    { sick: 'p95 five times slower', canary: { median: 10_000 }, spec: SPEC, within: 180 },
    {
      sick: 'p50 five times slower',
      canary: { median: 10_000 },
      spec: { ...SPEC, latencyQuantile: 0.5 },
      // Slowness is not blamed before the 50 requests that a decision takes at least.
      within: 60,
    },
  ])('a sick canary: $sick', ({ canary, spec, within }) => {
    const outcomes = runs(9, seed => runStep(seed, canary, {}, spec, { every: 20, limit: 1500 }))
    expect(part(outcomes, 'failed')).toBe(1)
    expect(median(outcomes)).toBeLessThanOrEqual(within)
  })
})
