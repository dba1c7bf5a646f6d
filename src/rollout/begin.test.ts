import { expect, test } from 'vitest'
import { type AnalysisSpec, beginRollout, type CanaryStep } from './index.ts'
import { aRollout, NOON, SPEC, STEPS, V1 } from './testing.ts'

function begin(steps: readonly CanaryStep[], analysis: AnalysisSpec = SPEC) {
  const { id, model, environment, candidate } = aRollout()
  const strategy = { kind: 'canary', steps, analysis } as const
  return beginRollout({ id, model, environment, candidate, stable: V1, strategy }, NOON)
}

test('a rollout begins in the queue, with no traffic', () => {
  expect(begin(STEPS)).toEqual(aRollout())
})

test('a last step of 100 % is the promotion itself', () => {
  const { strategy } = begin([...STEPS, { weight: 1, hold: 0 }])
  expect(strategy).toMatchObject({ steps: STEPS })
})

test.each([
  ['no step', []],
  ['only 100 %', [{ weight: 1, hold: 0 }]],
  ['100 % before the end', [{ weight: 1, hold: 0 }, ...STEPS]],
  ['a weight of nothing', [{ weight: 0, hold: 0 }]],
  ['a percentage taken for a fraction', [{ weight: 5, hold: 0 }]],
  ['a negative hold', [{ weight: 0.5, hold: -1 }]],
  ['a weight that is not a number', [{ weight: Number.NaN, hold: 0 }]],
] as const)('%s is refused', (_, steps) => {
  expect(() => begin(steps)).toThrow(expect.objectContaining({ code: 'ROLLOUT_STRATEGY_INVALID' }))
})

test.each([
  { errorMargin: 0 },
  { latencyMargin: -0.1 },
  { latencyQuantile: 95 },
  { confidence: 1 },
  { minRequests: 2.5 },
])('an analysis with %o is refused', change => {
  expect(() => begin(STEPS, { ...SPEC, ...change })).toThrow(
    expect.objectContaining({ code: 'ROLLOUT_STRATEGY_INVALID' }),
  )
})
