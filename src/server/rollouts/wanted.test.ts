import { expect, test } from 'vitest'
import type { WantedReplica } from '../../api/index.ts'
import type { VersionId } from '../../core/index.ts'
import { beginRollout, type CanaryStep, type Deployment, type StoredRollout } from '../../rollout/index.ts'
import { sameWanted, wantedVersions } from './wanted.ts'

const canary = (...steps: readonly CanaryStep[]): StoredRollout['strategy'] => ({
  kind: 'canary',
  steps,
  analysis: { errorMargin: 0.01, latencyMargin: 1, latencyQuantile: 0.9, confidence: 0.95, minRequests: 1 },
})
const version = (name: string) => `ver_${name}` as VersionId

function aRollout(change: Partial<StoredRollout>): StoredRollout {
  const begun = beginRollout(
    {
      id: 'rol_1' as StoredRollout['id'],
      model: 'm',
      environment: 'production',
      candidate: version('new'),
      strategy: { kind: 'immediate' },
    },
    0 as StoredRollout['createdAt'],
  )
  return { ...begun, project: 'prj_1', by: 'a', ...change } as StoredRollout
}

const deployment = {
  model: 'm',
  environment: 'production',
  project: 'prj_1',
  stable: version('stable'),
  previous: version('before'),
} as Deployment

const judgedOf = (rollouts: readonly StoredRollout[]) =>
  Object.fromEntries(wantedVersions([deployment], rollouts).map(({ replica, judged }) => [replica, judged]))

test('what a rollout compares stays awake; the rest may sleep', () => {
  expect(judgedOf([])).toEqual({ 'production.ver_stable': false, 'production.ver_before': false })
  const strategy = canary({ weight: 0.1, hold: 0 })
  expect(judgedOf([aRollout({ phase: 'progressing', strategy, stable: version('stable') })])).toEqual({
    'production.ver_stable': true,
    'production.ver_before': false,
    'production.ver_new': true,
    'baseline.rol_1': true,
  })
  expect(judgedOf([aRollout({ phase: 'preparing' })])).toMatchObject({
    'production.ver_stable': false,
    'production.ver_new': true,
  })
})

test('a shadow is compared with stable itself; a baseline loads when the next step is coming', () => {
  const strategy = canary({ weight: 0, hold: 0, shadow: 1 }, { weight: 0.1, hold: 0 })
  const rollout = aRollout({ phase: 'progressing', strategy, stable: version('stable') })
  const wanted = (each: StoredRollout, coming = false) =>
    wantedVersions(
      [deployment],
      [each],
      () => false,
      () => coming,
    ).map(({ replica, judged }) => `${replica}${judged ? ' judged' : ''}`)
  const both = ['production.ver_stable judged', 'production.ver_before', 'production.ver_new judged']
  expect(wanted({ ...rollout, phase: 'preparing' })).toEqual(both)
  expect(wanted(rollout)).toEqual(both)
  expect(wanted(rollout, true)).toEqual([...both, 'baseline.rol_1 judged'])
  expect(wanted({ ...rollout, step: 1 })).toEqual([...both, 'baseline.rol_1 judged'])
})

test('what recreates is loaded when nothing runs any more of what it replaces, and only there', () => {
  const strategy = { kind: 'recreate' } as const
  const other = { ...deployment, environment: 'staging' }
  const wanted = (phase: StoredRollout['phase'], ...running: readonly string[]) =>
    wantedVersions([deployment, other], [aRollout({ phase, strategy })], name => running.includes(name))
      .filter(({ environment }) => environment === 'production')
      .map(({ replica }) => replica)
  const [stable, before] = ['production.ver_stable', 'production.ver_before']
  expect(wanted('queued', stable, before)).toEqual([stable, before])
  expect(wanted('preparing', stable, before)).toEqual([])
  expect(wanted('preparing', before)).toEqual([])
  expect(wanted('preparing', 'staging.ver_stable')).toEqual(['production.ver_new'])
  expect(wanted('aborted')).toEqual([stable, before])
})

test('what a preview serves may sleep soon', () => {
  const preview = { ...deployment, environment: 'preview-topic' }
  const idle = wantedVersions([deployment, preview], []).map(({ replica, idleMs }) => [replica, idleMs])
  expect(Object.fromEntries(idle)).toEqual({
    'production.ver_stable': undefined,
    'production.ver_before': undefined,
    'preview-topic.ver_stable': 600_000,
    'preview-topic.ver_before': 600_000,
  })
})

test('a wanted set is another when one of it is judged no more', () => {
  const replica = (judged?: boolean): WantedReplica => ({
    replica: 'a',
    version: 'ver_a',
    versionNumber: 1,
    model: 'm',
    config: {},
    files: [],
    ...(judged !== undefined && { judged }),
  })
  expect(sameWanted([replica()], [replica(false)])).toBe(true)
  expect(sameWanted([replica(true)], [replica()])).toBe(false)
})
