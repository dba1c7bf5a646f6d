import { expect, test } from 'vitest'
import { armsOfPairs, beginRollout, checkPairs, NO_PAIRS, type RolloutRequest, shadowOf } from './index.ts'
import { aRollout, NOON, SPEC, STEPS } from './testing.ts'

const SHADOW = { weight: 0, hold: 0, shadow: 0.2 }
const request = (...steps: readonly (typeof SHADOW | (typeof STEPS)[number])[]): RolloutRequest => ({
  ...aRollout(),
  strategy: { kind: 'canary', steps, analysis: SPEC },
})

test('a rollout is in its shadow while its step is one', () => {
  const rollout = beginRollout(request(SHADOW, ...STEPS), NOON)
  expect(shadowOf(rollout)).toBe(0.2)
  expect(shadowOf({ ...rollout, step: 1 })).toBeUndefined()
  expect(shadowOf(aRollout({ strategy: { kind: 'immediate' } }))).toBeUndefined()
})

test.each([
  ['behind a step', [STEPS[0]!, SHADOW]],
  ['twice', [SHADOW, SHADOW]],
  ['of nothing', [{ ...SHADOW, shadow: 0 }]],
  ['of more than all', [{ ...SHADOW, shadow: 1.1 }]],
  ['that answers', [{ ...SHADOW, weight: 0.1 }]],
])('a shadow %s is refused', (_, steps) => {
  expect(() => beginRollout(request(...steps), NOON)).toThrow(
    expect.objectContaining({ code: 'ROLLOUT_STRATEGY_INVALID' }),
  )
})

test('both sides of pairs are counted like arms', () => {
  const counts = {
    ...NO_PAIRS,
    ...{ pairs: 9, primaryErrors: 1, mirrorErrors: 2 },
    primaryLatency: { 3: 8 },
    latency: { 3: 5, 9: 2 },
  }
  expect(armsOfPairs(counts)).toEqual({
    canary: { requests: 9, errors: 2, latency: { 3: 5, 9: 2 } },
    baseline: { requests: 9, errors: 1, latency: { 3: 8 } },
  })
})

test.each([
  [{ pairs: 9, compared: 8, agreed: 7, identical: 6 }, true],
  [{ pairs: 9, compared: 9, agreed: 9, identical: 9 }, true],
  [{ pairs: 9, compared: 10 }, false],
  [{ pairs: 9, compared: 5, agreed: 6 }, false],
  [{ pairs: 9, compared: 5, agreed: 4, identical: 5 }, false],
  [{ pairs: 9, identical: -1 }, false],
  [{ pairs: 1.5 }, false],
  [{ dropped: -1 }, false],
  [{ pairs: 1, mirrorErrors: 2 }, false],
  [{ pairs: 1, primaryErrors: 2 }, false],
  [{ pairs: 1, primaryLatency: { 99999: 1 } }, false],
] as const)('%j can have been counted: %s', (some, isRight) => {
  const check = () => checkPairs({ ...NO_PAIRS, ...some })
  if (isRight) expect(check).not.toThrow()
  else expect(check).toThrow(expect.objectContaining({ code: 'ROLLOUT_COUNTS_INVALID' }))
})
