import { expect, test } from 'vitest'
import type { ArmQuality } from '../../../src/api/agents/quality.ts'
import { pairsByVersions, qualityByVersion } from './quality-sums.ts'

const NONE = { count: 0, sum: 0, squares: 0 }
const anArm = (given: Partial<ArmQuality>): ArmQuality => ({
  version: 'ver_1',
  arm: 'stable',
  labelled: 0,
  incomparable: 0,
  correct: 0,
  wrong: 0,
  errors: { ...NONE, absolute: 0 },
  scores: NONE,
  rewards: NONE,
  ...given,
})

test('a version’s labels are summed over arms and steps, its shadow’s apart', () => {
  const arms = [
    anArm({ labelled: 10, correct: 9, wrong: 1 }),
    anArm({ arm: 'baseline', rollout: { id: 'rol_1', step: 0 }, labelled: 5, correct: 4, wrong: 1 }),
    anArm({ arm: 'shadow', version: 'ver_2', labelled: 8, correct: 8 }),
    anArm({ arm: 'canary', version: 'ver_2', labelled: 20, correct: 15, wrong: 5 }),
  ]
  const told = qualityByVersion({ arms })
  expect(
    told.map(({ version, isShadow, labelled, right, wrong }) => [version, isShadow, labelled, right, wrong]),
  ).toEqual([
    ['ver_2', false, 20, 15, 5],
    ['ver_1', false, 15, 13, 2],
    ['ver_2', true, 8, 8, 0],
  ])
})

test('means are of all that was told, and of nothing there is none', () => {
  const arms = [
    anArm({ rewards: { count: 3, sum: 3, squares: 3 } }),
    anArm({ arm: 'baseline', rewards: { count: 1, sum: -1, squares: 1 } }),
  ]
  expect(qualityByVersion({ arms })).toMatchObject([{ reward: 0.5, rewards: 4, score: undefined }])
})

test('pairs of the same two versions are summed', () => {
  const pair = {
    primary: 'ver_1',
    shadow: 'ver_2',
    arm: 'stable',
    both: 5,
    onlyPrimary: 1,
    onlyShadow: 2,
    neither: 1,
  }
  expect(pairsByVersions({ pairs: [pair, { ...pair, rollout: { id: 'rol_1', step: 0 } }] })).toEqual([
    { primary: 'ver_1', shadow: 'ver_2', both: 10, onlyPrimary: 2, onlyShadow: 4, neither: 2 },
  ])
})
