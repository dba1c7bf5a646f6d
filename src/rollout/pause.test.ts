import { expect, test } from 'vitest'
import { instant } from '../core/index.ts'
import { advance, endOfPause, type Rollout, type RolloutEvent } from './index.ts'
import { aCanary, anAnalysis, aRollout, NOON, V1 } from './testing.ts'

const later = (milliseconds: number) => instant(NOON + milliseconds)
const HOUR = 3_600_000
const analysed = (verdict: 'passed' | 'failed' | 'inconclusive'): RolloutEvent => ({
  kind: 'analysed',
  analysis: anAnalysis(verdict),
})
const PAUSE: RolloutEvent = { kind: 'pause', by: 'ada', reason: 'odd answers', forMs: HOUR }
const RESUME: RolloutEvent = { kind: 'resume', by: 'bob', reason: 'they were right' }
const apply = (rollout: Rollout, ...events: readonly RolloutEvent[]): Rollout =>
  events.reduce((state, event) => advance(state, event, NOON), rollout)

test('says who paused it, when, why and until when', () => {
  expect(apply(aCanary(1), PAUSE)).toMatchObject({
    phase: 'progressing',
    step: 1,
    weight: 0.25,
    pause: { by: 'ada', at: NOON, reason: 'odd answers', until: later(HOUR) },
    reason: 'Paused by ada until 2026-06-01 13:00 UTC: odd answers',
  })
  expect(apply(aCanary(), { kind: 'pause', by: 'ada' }).reason).toBe('Paused by ada')
})

test.each([
  [aRollout(), { kind: 'dequeued', stable: V1 }],
  [aRollout({ phase: 'preparing' }), { kind: 'replicas-ready' }],
  [aCanary(0), analysed('passed')],
  [aCanary(2), analysed('passed')],
] as const)('$0.phase at step $0.step: does not go on by $1.kind until it is resumed', (rollout, event) => {
  const { phase, step, weight } = rollout
  const kept = apply(rollout, PAUSE, event)
  expect(kept).toMatchObject({ phase, step, weight, reason: expect.stringMatching(/^Paused by ada/) })
  const { phase: nextPhase, step: nextStep } = apply(kept, RESUME, event)
  expect([nextPhase, nextStep]).not.toEqual([phase, step])
})

test('is judged on, and says how', () => {
  expect(apply(aCanary(), PAUSE, analysed('passed')).reason).toContain('; analysis passed: errors 12 %')
})

test.each([
  [analysed('failed'), 'aborted'],
  [{ kind: 'replicas-failed', reason: 'gone' }, 'aborted'],
  [{ kind: 'abort', by: 'ada' }, 'aborted'],
  [{ kind: 'promote', by: 'ada' }, 'promoted'],
] as const)('still ends by $0.kind, and is paused no more', (event, phase) => {
  const ended = apply(aCanary(), PAUSE, event)
  expect(ended.phase).toBe(phase)
  expect('pause' in ended).toBe(false)
})

test('a second pause replaces the first; to resume what is not paused changes nothing', () => {
  const again = apply(aCanary(), PAUSE, { kind: 'pause', by: 'bob' })
  expect(again.pause).toEqual({ by: 'bob', at: NOON })
  const rollout = aCanary()
  expect(apply(rollout, RESUME)).toBe(rollout)
})

test('is over at its end, not before', () => {
  const kept = apply(aCanary(), PAUSE)
  expect(endOfPause(kept, later(HOUR - 1))).toBeUndefined()
  const over = endOfPause(kept, later(HOUR))!
  expect(apply(kept, over)).toMatchObject({ step: 0, reason: 'Resumed: the time of its pause is over' })
  expect(apply(kept, over, analysed('passed')).step).toBe(1)
  expect(endOfPause(apply(aCanary(), { kind: 'pause', by: 'ada' }), later(1e12))).toBeUndefined()
})
