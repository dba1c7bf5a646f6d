import { describe, expect, test } from 'vitest'
import { describeSimulated } from './describe.ts'
import type { Plan } from './plan.ts'
import { casesOf } from './scenarios.ts'
import { simulatePlan } from './simulate.ts'

const PLAN: Plan = {
  trafficPerSecond: 50,
  share: 0.1,
  errorRate: 0.005,
  quantile: 0.95,
  disagree: 0.1,
  labelled: 1,
  margins: { errors: 0.01, latency: 0.5, accuracy: 0.01 },
  tolerance: 0.2,
  confidence: 0.95,
  effects: [{ name: 'errors=20%', what: 'errors', value: 0.2 }],
  streams: ['independent', 'incidents'],
  rule: 'evidence',
  lookMs: 10_000,
  totalMs: 300_000,
  runs: 20,
  seed: 1,
}

test.each(['evidence', 'group-sequential', 'analysis'] as const)(
  'a sick canary is rolled back and a healthy one is not, by %s',
  rule => {
    const { rows, looks } = simulatePlan({ ...PLAN, rule, runs: rule === 'analysis' ? 4 : 20 })
    expect(looks).toBe(30)
    expect(rows.map(({ canary, stream }) => `${canary} ${stream}`)).toEqual([
      'healthy independent',
      'healthy incidents',
      'errors=20% independent',
      'errors=20% incidents',
    ])
    expect(rows[0]!.rolledBack.part).toBeLessThanOrEqual(0.1)
    expect(rows[2]!.rolledBack.part).toBe(1)
    expect(rows[2]!.rolledBackAfter!.seconds).toBeLessThan(120)
  },
)

test('the same seed gives the same figures; every run is told', () => {
  const told: number[] = []
  const first = simulatePlan(PLAN, (done, all) => told.push(done / all))
  expect(simulatePlan(PLAN)).toEqual(first)
  expect(told).toHaveLength(80)
  expect(told.at(-1)).toBe(1)
  expect(simulatePlan({ ...PLAN, seed: 2 }).rows).not.toEqual(first.rows)
})

test('the table says what the figures say', () => {
  const text = describeSimulated(simulatePlan(PLAN))
  expect(text).toContain("20 rollouts in each row by the rule 'evidence', 30 looks")
  expect(text).toMatch(/errors=20% +independent +100 % \[83.9 %, 100 %\]/)
})

test('a canary of more than half of the traffic has a baseline of the rest', () => {
  const [{ scenario }] = casesOf({ ...PLAN, share: 0.8 }) as [ReturnType<typeof casesOf>[number]]
  expect(scenario.canaryRequests).toBeCloseTo(400, 9)
  expect(scenario.baselineRequests).toBeCloseTo(100, 9)
})

describe('effects', () => {
  test('of the accuracy, by pairs of answers', () => {
    const effect = { name: 'accuracy=88%', what: 'accuracy', value: 0.88 } as const
    const [healthy, worse] = casesOf({ ...PLAN, accuracy: 0.9, effects: [effect] })
    expect(healthy!.scenario.metrics[2]).toMatchObject({ onlyBaseline: 0.05, onlyCanary: 0.05 })
    const pairs = worse!.scenario.metrics[2] as { onlyBaseline: number; onlyCanary: number }
    expect(pairs.onlyBaseline - pairs.onlyCanary).toBeCloseTo(0.02, 12)
    expect(pairs.onlyBaseline + pairs.onlyCanary).toBeCloseTo(0.1, 12)
  })

  test('of the latency, on the canary alone', () => {
    const effect = { name: 'latency=+30%', what: 'latency', value: 0.3 } as const
    expect(casesOf({ ...PLAN, effects: [effect] })[1]!.scenario.latency.canaryFactor).toBeCloseTo(1.3, 12)
  })
})

test.each([
  { what: 'no look', change: { totalMs: 1000 }, message: 'Expected from 1 to 10000 looks, found 0' },
  { what: 'too many looks', change: { lookMs: 1 }, message: 'found 300000' },
  {
    what: 'too many looks for their bounds',
    change: { rule: 'group-sequential', totalMs: 6_000_000 },
    message: 'Expected from 1 to 500 looks, found 600',
  },
  { what: 'too much traffic', change: { trafficPerSecond: 1e6 }, message: 'up to 100000 requests in a look' },
  { what: 'no run', change: { runs: 0 }, message: 'Expected from 1 to 100000 runs, found 0' },
  { what: 'all traffic', change: { share: 1 }, message: 'a share between 0% and 100%, found 100 %' },
  { what: 'no budget', change: { confidence: 1 }, message: 'a confidence from 50% to below 100%' },
  {
    what: 'an accuracy that nothing is known of',
    change: { effects: [{ name: 'accuracy=88%', what: 'accuracy', value: 0.88 }] },
    message: '--effect accuracy=88% needs the accuracy of the stable version',
  },
  {
    what: 'accuracies further apart than the answers',
    change: { accuracy: 0.9, effects: [{ name: 'accuracy=50%', what: 'accuracy', value: 0.5 }] },
    message: "disagree on 10 % of the labelled requests can't be right on 90 % and 50 % of them",
  },
] satisfies readonly { what: string; change: Partial<Plan>; message: string }[])(
  'refuses: $what',
  ({ change, message }) => {
    const attempt = () => simulatePlan({ ...PLAN, ...change })
    expect(attempt).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
    expect(attempt).toThrow(message)
  },
)
