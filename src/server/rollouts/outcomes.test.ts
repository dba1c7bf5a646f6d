import { expect, test } from 'vitest'
import type { ArmQuality } from '../../api/index.ts'
import { CALLER_GROUPS } from '../../rollout/index.ts'
import { outcomesIn } from './outcomes.ts'

const NONE = { count: 0, sum: 0, squares: 0 }

function anArm(more: Partial<ArmQuality>): ArmQuality {
  return {
    version: 'ver_1',
    arm: 'stable',
    labelled: 0,
    incomparable: 0,
    correct: 0,
    wrong: 0,
    errors: { ...NONE, absolute: 0 },
    scores: NONE,
    rewards: NONE,
    ...more,
  }
}

test('of what a ledger counts, the arms of rollouts: outside of one, and a shadow, none', () => {
  const rollout = { id: 'rol_1', step: 2 }
  const rewards = { count: 3, sum: 4, squares: 6 }
  const arms = [
    anArm({ correct: 9 }),
    anArm({ arm: 'shadow', rollout, correct: 9 }),
    anArm({ arm: 'canary', rollout, rewards, correct: 3, wrong: 1 }),
  ]
  expect(outcomesIn({ ledger: 'one', arms })).toEqual([
    {
      ...{ rollout: 'rol_1', step: 2, ledger: 'one', arm: 'canary' },
      outcomes: { rewards: { total: rewards }, correct: { total: { count: 4, sum: 3, squares: 3 } } },
    },
  ])
})

test('groups of callers have their places, also those of which nobody came', () => {
  const rollout = { id: 'rol_1', step: 0 }
  const group = { correct: 2, wrong: 1, rewards: { count: 1, sum: 5, squares: 25 } }
  const [found] = outcomesIn({
    ledger: 'one',
    arms: [anArm({ rollout, correct: 2, wrong: 1, groups: { 31: group } })],
  })
  const { rewards, correct } = found!.outcomes
  expect([rewards.groups?.length, correct.groups?.length]).toEqual([CALLER_GROUPS, CALLER_GROUPS])
  expect(rewards.groups?.[31]).toEqual({ count: 1, sum: 5, squares: 25 })
  expect(correct.groups?.[31]).toEqual({ count: 3, sum: 2, squares: 2 })
  expect(correct.groups?.[0]).toEqual(NONE)
})
