import { expect, test } from 'vitest'
import type { AnalysisSpec } from '../../../rollout/index.ts'
import { describeExperiments, type ExperimentSimulation, simulateExperiments } from './experiments.ts'

const analysis: AnalysisSpec = {
  errorMargin: 0.01,
  latencyMargin: 0.5,
  latencyQuantile: 0.95,
  confidence: 0.95,
  minRequests: 50,
}
const AB: ExperimentSimulation = {
  plan: {
    ...{ kind: 'ab', split: 0.5, metric: 'reward', effect: 0.05, otherwise: 'keep' },
    horizon: { kind: 'requests', requests: 4000 },
    analysis,
  },
  feedbackPerSecond: 50,
  stable: 0.3,
  candidates: [0.3, 0.36, 0.2],
  runs: 200,
  seed: 1,
}
const BANDIT: ExperimentSimulation = {
  ...AB,
  plan: {
    ...{ kind: 'bandit', start: 0.5, most: 1, explore: 0.05, every: 10_000, minRewards: 200, margin: 0.03 },
    horizon: { kind: 'requests', requests: 15_000 },
    analysis,
  },
  candidates: [0.38, 0.22],
  runs: 20,
}

test('an A/B keeps to its level, and tells what is better and worse', () => {
  const [same, better, worse] = simulateExperiments(AB).rows
  // A rate of 5 % gives more than 10 % of 200 runs less than once in a hundred times.
  expect(same!.promoted.part).toBeLessThanOrEqual(0.1)
  expect(better!.promoted.part).toBeGreaterThan(0.95)
  expect(worse!.kept.part).toBe(1)
  // What is far worse does not wait for its horizon.
  expect(worse!.early).toBeGreaterThan(0.9)
  expect(worse!.observed).toBeLessThan(4000)
})

test('a bandit finds out who earns more, and costs less than an even split', () => {
  const [better, worse] = simulateExperiments(BANDIT).rows
  expect(better!.promoted.part).toBeGreaterThan(0.9)
  expect(worse!.kept.part).toBeGreaterThan(0.9)
  for (const { regret, evenRegret } of [better!, worse!]) expect(regret).toBeLessThan(0.6 * evenRegret)
})

test('the same seed gives the same figures; a time is a horizon as well', () => {
  const short = { ...AB, runs: 10, plan: { ...AB.plan, horizon: { kind: 'time', ms: 60_000 } as const } }
  expect(simulateExperiments(short).rows).toEqual(simulateExperiments(short).rows)
  expect(simulateExperiments(short).rows[0]!.observed).toBe(3000)
})

test('the table says what the figures say', () => {
  const text = describeExperiments(simulateExperiments({ ...AB, runs: 10 }))
  expect(text).toContain('10 experiments in each row (A/B), stable 30 %, budget 5 %, seed 1')
  expect(text).toMatch(/^20 % +0 % \[0 %, 27\.8 %\] +100 % \[72\.2 %, 100 %\]/m)
  expect(text).not.toContain('REGRET')
  expect(text).toContain(
    'Decided at 4,000 rewards, which tell 0.05 with a power of 96 % (80 % take 2,078 rewards).',
  )
})

test.each([
  { what: 'no runs', change: { runs: 0 } },
  { what: 'too much feedback', change: { feedbackPerSecond: 1e6, plan: { ...BANDIT.plan } } },
])('refuses: $what', ({ change }) => {
  expect(() => simulateExperiments({ ...AB, ...change })).toThrow(
    expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
  )
})
