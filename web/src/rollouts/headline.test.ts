import { expect, test } from 'vitest'
import type { AnalysisView } from '../../../src/api/views.ts'
import { formatter } from '../i18n/format.ts'
import { translator } from '../i18n/translate.ts'
import { headlineOf } from './headline.ts'

type Told = Parameters<typeof headlineOf>[0]

const aRollout = (given: Partial<Told> = {}): Told => ({
  phase: 'progressing',
  strategy: 'canary',
  step: 1,
  weight: 0.25,
  candidate: { id: 'ver_2', number: 2 },
  stable: { id: 'ver_1', number: 1 },
  steps: [
    { weight: 0.05, holdMs: 0 },
    { weight: 0.25, holdMs: 60_000 },
    { weight: 0.5, holdMs: 0 },
  ],
  analysis: null,
  closure: null,
  paused: null,
  ...given,
})
const anAnalysis = (verdict: AnalysisView['verdict'], canaryRequests = 100): AnalysisView => ({
  verdict,
  metrics: [],
  canaryRequests,
  baselineRequests: 100,
})
const paused = { by: 'ada', at: '2026-11-28T10:00:00.000Z', reason: null, until: null }
const closure = { kind: 'frozen', window: 'Fri 18:00 - Mon 08:00', until: null } as const
const SHADOWED = [{ weight: 0, holdMs: 0, shadow: 1 }]
const english = (rollout: Told) => headlineOf(rollout, translator('en'), formatter('en'))

test.each([
  [{ phase: 'queued' }, 'v2 waits for the rollout before it.'],
  [{ phase: 'queued', closure }, 'v2 has not begun: a calendar keeps it.'],
  [{ phase: 'preparing' }, 'v2 is being loaded, warmed up and checked.'],
  [{ phase: 'preparing', paused }, 'v2 has not begun: ada paused it.'],
  [{}, 'v2 is at 25%: there is no evidence yet.'],
  [
    { analysis: anAnalysis('inconclusive', 0) },
    'v2 holds at 25%: it has had no requests yet, and no data is never a pass.',
  ],
  [{ analysis: anAnalysis('inconclusive') }, 'v2 holds at 25%: the evidence does not decide yet.'],
  [{ analysis: anAnalysis('passed') }, 'v2 has passed at 25%; the step lasts a while longer.'],
  [{ step: 0, weight: 0.05, analysis: anAnalysis('passed') }, 'v2 has passed at 5% and goes on.'],
  [{ analysis: anAnalysis('failed') }, 'v2 is worse than allowed.'],
  [
    { step: 0, weight: 0, steps: SHADOWED, analysis: anAnalysis('inconclusive') },
    'v2 holds in the shadow: the evidence does not decide yet.',
  ],
  [
    { strategy: 'ab', step: 0, weight: 0.5, analysis: anAnalysis('inconclusive') },
    'v2 answers 50% of the callers until the horizon; then it is decided, once.',
  ],
  [{ strategy: 'ab', step: 1, weight: 0.5 }, 'The horizon of v2 showed nothing certain: a person decides.'],
  [{ strategy: 'ab', step: 0, weight: 0.5, analysis: anAnalysis('failed') }, 'v2 is worse than allowed.'],
  [{ strategy: 'bandit', step: 7, weight: 0.8 }, 'v2 takes 80%: its share goes where the rewards are.'],
  // Somebody's word comes before what the analysis says, and before a calendar.
  [{ analysis: anAnalysis('passed'), closure, paused }, 'v2 stays at 25%: ada paused it.'],
  [{ analysis: anAnalysis('passed'), closure }, 'v2 stays at 25%: a calendar keeps it.'],
  [{ phase: 'promoted', weight: 1 }, 'v2 takes all traffic.'],
  [{ phase: 'aborted', weight: 0 }, 'v2 was not released: all traffic is with v1.'],
  [{ phase: 'aborted', weight: 0, stable: null }, 'v2 was not released.'],
] as const)('of %j it says: %s', (given, sentence) => {
  expect(english(aRollout(given))).toBe(sentence)
})

test('in Chinese as well', () => {
  const chinese = headlineOf(aRollout({ paused }), translator('zh'), formatter('zh'))
  expect(chinese).toBe('v2 停在 25% 处：ada 将其暂停。')
})
