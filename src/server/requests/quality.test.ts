import { expect, test } from 'vitest'
import type { ArmQuality, ModelQuality } from '../../api/index.ts'
import { QualityBoard } from './quality.ts'

const NONE = { count: 0, sum: 0, squares: 0 }

function anArm(more: Partial<ArmQuality> = {}): ArmQuality {
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

function aReport(more: Partial<ModelQuality> = {}): ModelQuality {
  return { ledger: 'one', n: 1, environment: 'production', model: 'm', arms: [], pairs: [], ...more }
}

test('the sum of all gateways is the sum of all, each counted once', () => {
  const board = new QualityBoard()
  const rollout = { id: 'rol', step: 2 }
  const errors = { count: 1, sum: -2, squares: 4, absolute: 2 }
  const arm = anArm({ rollout, labelled: 3, correct: 2, wrong: 1, errors })
  const pair = {
    ...{ primary: 'ver_1', shadow: 'ver_2', arm: 'stable', rollout },
    ...{ both: 1, onlyPrimary: 2, onlyShadow: 3, neither: 4 },
  }
  const one = aReport({ arms: [arm], pairs: [pair] })
  board.report([one])
  board.report([one, aReport({ ledger: 'two', arms: [arm, anArm({ labelled: 9 })], pairs: [pair] })])
  expect(board.of('production', 'm')).toEqual({
    arms: [
      {
        ...arm,
        ...{ labelled: 6, correct: 4, wrong: 2 },
        errors: { count: 2, sum: -4, squares: 8, absolute: 4 },
      },
      anArm({ labelled: 9 }),
    ],
    pairs: [{ ...pair, both: 2, onlyPrimary: 4, onlyShadow: 6, neither: 8 }],
  })
  expect(board.of('staging', 'm')).toEqual({ arms: [], pairs: [] })
  expect(board.of('production', 'other')).toEqual({ arms: [], pairs: [] })
})

test('a report that was overtaken changes nothing, also where the newer one has forgotten an arm', () => {
  const board = new QualityBoard()
  board.report([aReport({ n: 5, arms: [anArm({ labelled: 2 })] })])
  board.report([aReport({ n: 4, arms: [anArm({ labelled: 7 }), anArm({ arm: 'canary', labelled: 7 })] })])
  expect(board.of('production', 'm').arms).toEqual([anArm({ labelled: 2 })])
  board.report([aReport({ n: 6, arms: [] })])
  expect(board.of('production', 'm').arms).toEqual([])
})
