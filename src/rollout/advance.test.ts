import { describe, expect, test } from 'vitest'
import { type Closure, instant, parseWindow, type RolloutId } from '../core/index.ts'
import {
  advance,
  hasEnded,
  ROLLOUT_PHASES,
  ROLLOUT_TRANSITIONS,
  type RolloutEvent,
  type Strategy,
  trafficOf,
} from './index.ts'
import { aCanary, anAnalysis, aRollout, NOON, SPEC, STEPS, V1 } from './testing.ts'

const later = (milliseconds: number) => instant(NOON + milliseconds)
const passed: Extract<RolloutEvent, { kind: 'analysed' }> = {
  kind: 'analysed',
  analysis: anAnalysis('passed'),
}
const failed: Extract<RolloutEvent, { kind: 'analysed' }> = {
  kind: 'analysed',
  analysis: anAnalysis('failed'),
}
const inconclusive: RolloutEvent = {
  kind: 'analysed',
  analysis: { ...anAnalysis('inconclusive'), requestsMissing: 210 },
}

const WEEKEND: Closure = {
  kind: 'frozen',
  window: parseWindow('Fri 18:00 - Mon 08:00 Europe/Berlin'),
  until: later(60_000),
}

test('a whole rollout, from the queue to its promotion', () => {
  let rollout = aRollout()
  const seen: string[] = []
  const events: readonly [RolloutEvent, number][] = [
    [{ kind: 'dequeued', stable: V1 }, 0],
    [{ kind: 'replicas-ready' }, 5_000],
    [inconclusive, 6_000],
    [passed, 7_000],
    [passed, 16_999],
    [passed, 17_000],
    [passed, 18_000],
  ]
  for (const [event, time] of events) {
    rollout = advance(rollout, event, later(time))
    seen.push(`${rollout.phase} ${rollout.step} ${rollout.weight}`)
  }
  expect(seen).toEqual([
    'preparing 0 0',
    'progressing 0 0.05',
    'progressing 0 0.05',
    'progressing 1 0.25',
    'progressing 1 0.25',
    'progressing 2 0.5',
    'promoted 2 1',
  ])
  expect(rollout.endedAt).toBe(later(18_000))
})

test.each([
  { step: 0, verdict: 'passed', next: { phase: 'progressing', step: 1, weight: 0.25 } },
  { step: 0, verdict: 'failed', next: { phase: 'aborted', step: 0, weight: 0 } },
  { step: 0, verdict: 'inconclusive', next: { phase: 'progressing', step: 0, weight: 0.05 } },
  { step: 0, verdict: 'not applicable', next: { phase: 'progressing', step: 0, weight: 0.05 } },
  { step: 1, verdict: 'passed', next: { phase: 'progressing', step: 1, weight: 0.25 } },
  { step: 2, verdict: 'passed', next: { phase: 'promoted', step: 2, weight: 1 } },
  { step: 2, verdict: 'failed', next: { phase: 'aborted', step: 2, weight: 0 } },
] as const)('at step $step, analysis $verdict: $next.phase at $next.weight', ({ step, verdict, next }) => {
  const event: RolloutEvent = { kind: 'analysed', analysis: anAnalysis(verdict) }
  expect(advance(aCanary(step), event, NOON)).toMatchObject(next)
})

test('a hold starts with its step, not with the rollout', () => {
  const second = advance(aCanary(0), passed, later(60_000))
  expect(second.stepStartedAt).toBe(later(60_000))
  expect(advance(second, passed, later(69_999)).step).toBe(1)
  expect(advance(second, passed, later(70_000)).step).toBe(2)
})

test('a failed analysis aborts even while the step holds, with the figures as the reason', () => {
  const aborted = advance(aCanary(1), failed, NOON)
  expect(aborted.phase).toBe('aborted')
  expect(aborted.reason).toContain('+11.9 % [+8.1 %, +15.7 %], allowed < 1 %')
})

test('a hold for evidence says how much is missing', () => {
  expect(advance(aCanary(0), inconclusive, NOON).reason).toContain('about 210 more requests in each arm')
})

test('an analysis of an earlier step changes nothing', () => {
  const second = aCanary(1)
  expect(advance(second, { ...failed, step: 0 }, NOON)).toBe(second)
  expect(advance(second, { ...failed, step: 1 }, NOON).phase).toBe('aborted')
})

describe('a shadow step', () => {
  const steps = [{ weight: 0, hold: 10_000, shadow: 1 }, ...STEPS]
  const strategy: Strategy = { kind: 'canary', steps, analysis: SPEC }
  const shadowed = aRollout({ phase: 'progressing', strategy })

  test('answers nobody, and goes on to the first part of the traffic', () => {
    const begun = advance(aRollout({ phase: 'preparing', strategy }), { kind: 'replicas-ready' }, NOON)
    expect(begun).toMatchObject({ phase: 'progressing', step: 0, weight: 0 })
    expect(trafficOf(begun)).toEqual({ canary: 0, baseline: 0, stable: 1 })
    expect(advance(begun, passed, later(9_999))).toMatchObject({ step: 0, weight: 0 })
    expect(advance(begun, passed, later(10_000))).toMatchObject({ step: 1, weight: 0.05 })
  })

  test('waits for what the next step needs, when its time is over', () => {
    const awaiting: RolloutEvent = { ...passed, awaits: 'the baseline of the next step loads' }
    expect(advance(shadowed, awaiting, later(5_000)).reason).toContain('holds for the 10 s of this step')
    expect(advance(shadowed, awaiting, later(10_000))).toMatchObject({
      step: 0,
      reason: 'Passed; the baseline of the next step loads',
    })
    expect(advance(shadowed, { ...failed, awaits: 'anything' }, NOON).phase).toBe('aborted')
  })

  test('holds without requests, ends what is harmful, and is promoted from by a person', () => {
    expect(advance(shadowed, inconclusive, later(99_999))).toMatchObject({
      step: 0,
      reason: expect.stringMatching(/^Holds for evidence: .* about 210 more requests to both versions$/),
    })
    expect(advance(shadowed, failed, NOON)).toMatchObject({ phase: 'aborted', weight: 0 })
    expect(advance(shadowed, { kind: 'promote', by: 'ada' }, NOON)).toMatchObject({
      phase: 'promoted',
      weight: 1,
      reason: 'Promoted by ada from its shadow, step 1 of 4, before the analysis had passed',
    })
  })

  test('alone is followed by all of the traffic', () => {
    const alone = { ...shadowed, strategy: { ...strategy, steps: steps.slice(0, 1) } }
    expect(advance(alone, passed, later(10_000))).toMatchObject({ phase: 'promoted', weight: 1 })
  })
})

describe('preparing', () => {
  const preparing = aRollout({ phase: 'preparing' })

  test('an immediate rollout is promoted as soon as its replicas are ready', () => {
    const immediate = aRollout({ phase: 'preparing', strategy: { kind: 'immediate' } })
    expect(advance(immediate, { kind: 'replicas-ready' }, NOON)).toMatchObject({
      phase: 'promoted',
      weight: 1,
    })
  })

  test.each([
    [{ kind: 'blue-green', hold: 1_800_000 }, 'the version before is held for 30 min'],
    [{ kind: 'recreate' }, 'what served before was ended first'],
  ] as const)(
    '%j takes all traffic at once, and says what became of the version before',
    (strategy, says) => {
      const ready = advance(aRollout({ phase: 'preparing', strategy }), { kind: 'replicas-ready' }, NOON)
      expect(ready).toMatchObject({ phase: 'promoted', weight: 1, reason: expect.stringContaining(says) })
      const { stable: _, ...first } = aRollout({ phase: 'preparing', strategy })
      expect(advance(first, { kind: 'replicas-ready' }, NOON).reason).not.toContain(says)
    },
  )

  test('a first version is promoted as well: there is nothing to compare with', () => {
    const { stable: _, ...first } = preparing
    const promoted = advance(first, { kind: 'replicas-ready' }, NOON)
    expect(promoted).toMatchObject({ phase: 'promoted', weight: 1 })
    expect(promoted.reason).toContain('nothing is in production')
  })

  test('what serves is read when the queue is left, not when it was entered', () => {
    const without = advance(aRollout(), { kind: 'dequeued' }, NOON)
    expect(without.stable).toBeUndefined()
    expect('stable' in without).toBe(false)
  })

  test('replicas that fail abort it', () => {
    const event = { kind: 'replicas-failed', reason: 'the model aborted at load' } as const
    const aborted = advance(preparing, event, NOON)
    expect(aborted).toMatchObject({ phase: 'aborted', weight: 0, endedAt: NOON })
    expect(aborted.reason).toContain('the model aborted at load')
  })
})

describe('a calendar that is closed', () => {
  test.each(['queued', 'preparing', 'progressing'] as const)(
    'keeps what is %s, and says until when',
    phase => {
      const rollout = aRollout({ phase })
      expect(advance(rollout, { kind: 'closed', closure: WEEKEND }, NOON)).toEqual({
        ...rollout,
        reason: 'Waits: frozen (Fri 18:00 - Mon 08:00 Europe/Berlin) until 2026-06-01 12:01 UTC',
      })
    },
  )

  test('without an end says so', () => {
    const { until: _, ...closure } = WEEKEND
    const { reason } = advance(aRollout(), { kind: 'closed', closure }, NOON)
    expect(reason).toMatch(/^Waits: frozen .* with no end in sight$/)
  })

  test('keeps nothing that a person let go on, wherever it stands', () => {
    for (const phase of ['queued', 'preparing', 'progressing'] as const) {
      const freed = advance(aRollout({ phase }), { kind: 'override', by: 'ada', reason: 'a fix' }, NOON)
      expect(freed).toMatchObject({
        phase,
        override: { by: 'ada', at: NOON, reason: 'a fix' },
        reason: 'Freed from its calendars by ada: a fix',
      })
      expect(advance(freed, { kind: 'closed', closure: WEEKEND }, NOON)).toBe(freed)
    }
  })

  test('does not keep a failed analysis from aborting', () => {
    const kept = advance(aCanary(0), { kind: 'closed', closure: WEEKEND }, NOON)
    expect(advance(kept, failed, NOON).phase).toBe('aborted')
  })
})

describe('by hand', () => {
  test('a promotion says who, and that the analysis had not passed', () => {
    const promoted = advance(aCanary(1), { kind: 'promote', by: 'ada' }, NOON)
    expect(promoted).toMatchObject({ phase: 'promoted', weight: 1 })
    expect(promoted.reason).toBe('Promoted by ada at 25 %, step 2 of 3, before the analysis had passed')
  })

  test.each(['queued', 'preparing', 'progressing'] as const)('an abort ends what is %s', phase => {
    const aborted = advance(aRollout({ phase }), { kind: 'abort', by: 'ada', reason: 'wrong file' }, NOON)
    expect(aborted).toMatchObject({ phase: 'aborted', weight: 0, reason: 'Aborted by ada: wrong file' })
  })
})

const EVENTS: readonly RolloutEvent[] = [
  { kind: 'dequeued', stable: V1 },
  { kind: 'replicas-ready' },
  { kind: 'replicas-failed', reason: 'gone' },
  failed,
  { kind: 'closed', closure: WEEKEND },
  { kind: 'override', by: 'ada' },
  { kind: 'superseded', by: 'rol_2' as RolloutId },
  { kind: 'refused', reason: 'rolled back in staging' },
  { kind: 'pause', by: 'ada' },
  { kind: 'resume', by: 'ada' },
  { kind: 'pause-over' },
  { kind: 'promote', by: 'ada' },
  { kind: 'abort', by: 'ada' },
]
const EVERY = ROLLOUT_PHASES.flatMap(phase => EVENTS.map(event => ({ phase, kind: event.kind, event })))

test.each(EVERY)('$phase, $kind: as the table of transitions says', ({ phase, event }) => {
  const rollout = aRollout({ phase, ...(phase === 'progressing' && { weight: STEPS[0]!.weight }) })
  const allowed = ROLLOUT_TRANSITIONS[phase][event.kind]
  if (allowed === undefined) {
    const code = hasEnded(phase) ? 'ROLLOUT_ENDED' : 'ROLLOUT_EVENT_ILLEGAL'
    expect(() => advance(rollout, event, NOON)).toThrow(expect.objectContaining({ code }))
  } else if (allowed === 'ignored') expect(advance(rollout, event, NOON)).toBe(rollout)
  else expect(allowed).toContain(advance(rollout, event, NOON).phase)
})
