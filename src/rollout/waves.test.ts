import { expect, test } from 'vitest'
import { advance, standingIn, stepsInWaves, waveOf } from './index.ts'
import { anAnalysis, aRollout, NOON, SPEC } from './testing.ts'

const WAVES = [['eu'], ['us', 'asia']]
const SHADOW = { weight: 0, hold: 0, shadow: 1 }
const STEPS = [
  { weight: 0.1, hold: 0 },
  { weight: 0.5, hold: 0 },
]

test('each wave takes the steps, and only the first the shadow', () => {
  expect(stepsInWaves([SHADOW, ...STEPS], WAVES)).toEqual([
    { ...SHADOW, wave: 0 },
    ...[0, 1].flatMap(wave => STEPS.map(step => ({ ...step, wave }))),
  ])
  expect(stepsInWaves(STEPS, undefined)).toBe(STEPS)
})

test.each([
  [0, 'eu', 'now'],
  [0, 'us', 'later'],
  [0, undefined, 'later'],
  [1, 'eu', 'done'],
  [1, 'asia', 'now'],
  [1, 'africa', 'now'],
  [1, undefined, 'now'],
] as const)('in wave %i, %s stands: %s', (at, region, standing) => {
  expect(standingIn({ waves: WAVES, at }, region)).toBe(standing)
})

test('a rollout goes from wave to wave, says so, and is promoted behind the last step of the last', () => {
  const strategy = {
    kind: 'canary',
    steps: stepsInWaves(STEPS, WAVES),
    waves: WAVES,
    analysis: SPEC,
  } as const
  let rollout = advance(aRollout({ phase: 'preparing', strategy }), { kind: 'replicas-ready' }, NOON)
  const seen = [`${waveOf(rollout)?.at} ${rollout.weight} ${rollout.reason?.split(';')[0]}`]
  while (rollout.phase === 'progressing') {
    rollout = advance(rollout, { kind: 'analysed', analysis: anAnalysis('passed') }, NOON)
    seen.push(`${waveOf(rollout)?.at} ${rollout.weight} ${rollout.reason?.split(/[;:]| errors/)[0]}`)
  }
  expect(seen).toEqual([
    '0 0.1 Wave 1 of 2 (eu)',
    '0 0.5 errors 12 % vs 0.1 % at baseline',
    '1 0.1 Wave 2 of 2 (us, asia)',
    '1 0.5 errors 12 % vs 0.1 % at baseline',
    '1 1 errors 12 % vs 0.1 % at baseline',
  ])
})
