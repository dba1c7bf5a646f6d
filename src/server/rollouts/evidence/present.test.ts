import { expect, test } from 'vitest'
import type { ArmQuality, ModelQuality, PairQuality } from '../../../api/index.ts'
import type { ProjectId, RolloutId, VersionId } from '../../../core/index.ts'
import {
  type ArmCounts,
  beginRollout,
  type CanaryStep,
  NO_COUNTS,
  NO_PAIRS,
  type ShadowCounts,
  type StoredRollout,
} from '../../../rollout/index.ts'
import { presentOf } from './present.ts'

const [STABLE, CANDIDATE] = ['ver_1' as VersionId, 'ver_2' as VersionId]
const ID = 'rol_1' as RolloutId
const STEPS: readonly CanaryStep[] = [
  { weight: 0, hold: 0, shadow: 1 },
  { weight: 0.1, hold: 0 },
  { weight: 0.5, hold: 0 },
  { weight: 0.8, hold: 0 },
]
const analysis = {
  errorMargin: 0.01,
  latencyMargin: 0.5,
  latencyQuantile: 0.95,
  confidence: 0.95,
  minRequests: 50,
}

/** At a step of STEPS. */
function aRollout(step: number): StoredRollout {
  const strategy = { kind: 'canary', steps: STEPS, analysis } as const
  const request = { id: ID, model: 'digits', environment: 'production', candidate: CANDIDATE, strategy }
  return {
    ...beginRollout({ ...request, stable: STABLE }, 0 as never),
    project: 'prj_1' as ProjectId,
    by: 'ada',
    revision: 3,
    phase: 'progressing',
    step,
    weight: STEPS[step]!.weight,
  }
}

const sums = { count: 0, sum: 0, squares: 0 }
const labels = (arm: string, step: number, correct: number, wrong: number, id: string = ID): ArmQuality => ({
  version: arm === 'canary' ? CANDIDATE : STABLE,
  arm,
  rollout: { id, step },
  labelled: correct + wrong,
  incomparable: 0,
  correct,
  wrong,
  errors: { ...sums, absolute: 0 },
  scores: sums,
  rewards: sums,
})
const compared = (change: Partial<PairQuality> = {}): PairQuality => ({
  primary: STABLE,
  shadow: CANDIDATE,
  arm: 'stable',
  rollout: { id: ID, step: 0 },
  both: 80,
  onlyPrimary: 12,
  onlyShadow: 5,
  neither: 3,
  ...change,
})
const ledger = (arms: ArmQuality[], pairs: PairQuality[] = []): ModelQuality => ({
  ...{ ledger: 'one', n: 1, environment: 'production', model: 'digits' },
  arms,
  pairs,
})
const store = (counts: Record<string, ArmCounts> = {}, pairs?: ShadowCounts) => ({
  counts: async () => counts,
  pairs: async () => pairs,
})

test('labels are those of this rollout, of steps in which canary and baseline share as they do now', async () => {
  const told = ledger([
    labels('canary', 1, 90, 10),
    labels('canary', 2, 40, 2),
    labels('canary', 3, 7, 7),
    labels('canary', 1, 500, 500, 'rol_other'),
    labels('baseline', 1, 95, 5),
    labels('stable', 1, 999, 1),
  ])
  const of = async (step: number) => (await presentOf(store(), [told], aRollout(step))).labels[0]
  const both = { canary: { count: 12, total: 142 }, baseline: { count: 5, total: 100 } }
  expect(await of(1)).toMatchObject(both)
  expect(await of(2)).toMatchObject(both)
  expect(await of(3)).toMatchObject({ canary: { count: 7, total: 14 }, baseline: { count: 0, total: 0 } })
})

test('pairs are of stable and this candidate, in this rollout', async () => {
  const told = ledger(
    [],
    [compared(), compared({ shadow: 'ver_9' }), compared({ rollout: { id: 'rol_0', step: 0 } })],
  )
  const { labels: found } = await presentOf(store(), [told], aRollout(0))
  expect(found).toMatchObject([{ ledger: 'one', pairs: { onlyBaseline: 12, onlyCanary: 5, pairs: 100 } }])
})

test('in a shadow both sides of the pairs are compared, else the arms; nothing told is nothing counted', async () => {
  const arm = { requests: 9, errors: 1, latency: { 300: 8 } }
  const pairs = { ...NO_PAIRS, pairs: 20, primaryErrors: 1, mirrorErrors: 4 }
  const shadow = await presentOf(store({ canary: arm }, pairs), [], aRollout(0))
  expect(shadow).toMatchObject({
    canary: { requests: 20, errors: 4 },
    baseline: { requests: 20, errors: 1 },
    shadow: pairs,
  })
  const arms = await presentOf(store({ canary: arm }, pairs), [], aRollout(1))
  expect(arms).toEqual({ canary: arm, baseline: NO_COUNTS, labels: [] })
})
