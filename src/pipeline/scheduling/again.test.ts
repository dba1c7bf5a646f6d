import { expect, test } from 'vitest'
import { aView } from '../test-plans.ts'
import type { JobMove, JobView } from '../types.ts'
import { playTargets, retryTargets } from './again.ts'

const STAGES = ['build', 'test', 'deploy', 'model']
const names = (moves: readonly JobMove[]) => moves.map(({ name, to }) => `${name} ${to}`).join(', ')
const staged = (name: string, stage: string, state: JobView['state'], more: Partial<JobView> = {}) =>
  aView(name, state, [], { order: 'stages', stage, ...more })
const MANUAL = { start: { kind: 'manual' } } as const

test('retrying a job resets what was skipped in later stages, and leaves alone what ran', () => {
  const jobs = [
    staged('build', 'build', 'succeeded'),
    staged('unit', 'test', 'failed'),
    staged('lint', 'test', 'succeeded'),
    staged('deploy', 'deploy', 'skipped'),
    staged('notify', 'deploy', 'succeeded', { start: { kind: 'on_failure' } }),
    staged('never', 'deploy', 'skipped', { skip: 'not on this branch' }),
  ]
  expect(names(retryTargets('unit', jobs, STAGES))).toBe('unit blocked, deploy blocked')
  expect(names(retryTargets('deploy', jobs, STAGES))).toBe('unit blocked, deploy blocked')
})

test('retrying a job resets what was skipped because it needs it, down the line', () => {
  const jobs = [
    aView('a', 'failed', [], { order: 'dag' }),
    aView('b', 'skipped', ['a'], { order: 'dag' }),
    aView('c', 'skipped', ['b'], { order: 'dag' }),
    aView('d', 'succeeded', ['a'], { order: 'dag', start: { kind: 'always' } }),
  ]
  expect(names(retryTargets('a', jobs))).toBe('a blocked, b blocked, c blocked')
  expect(names(retryTargets('c', jobs))).toBe('a blocked, b blocked, c blocked')
})

test('the stages of the model have seen the old result, and go again', () => {
  const jobs = [
    staged('train', 'build', 'succeeded'),
    staged('unit', 'test', 'succeeded'),
    aView('scan', 'succeeded', ['train'], {
      order: 'stages',
      stage: 'model',
      work: { kind: 'stage', stage: 'scan' },
    }),
  ]
  expect(names(retryTargets('train', jobs, STAGES))).toBe('train blocked, scan blocked')
  expect(names(retryTargets('unit', jobs, STAGES))).toBe('unit blocked')
})

test('starting a manual job resets what was skipped behind it', () => {
  const jobs = [
    staged('approve', 'test', 'waiting', { ...MANUAL, allowFailure: true }),
    aView('needs-it', 'skipped', ['approve'], { order: 'dag' }),
    aView('behind', 'skipped', ['needs-it'], { order: 'dag' }),
    staged('done', 'deploy', 'succeeded'),
    staged('later', 'deploy', 'skipped'),
  ]
  expect(names(playTargets('approve', jobs, STAGES))).toBe(
    'approve ready, needs-it blocked, behind blocked, later blocked',
  )
})

test.each([
  ['a job that has ended', aView('a', 'succeeded', [], MANUAL)],
  ['a deployment that waits for approval', aView('a', 'waiting')],
  ['a script that waits for approval', aView('a', 'waiting', [], { approval: 'production' })],
  ['a manual one that does', aView('a', 'waiting', [], { ...MANUAL, approval: 'production' })],
  ['a manual job that is not reached yet', aView('a', 'blocked', [], MANUAL)],
])('nobody starts %s', (_, job) => {
  expect(playTargets('a', [job])).toEqual([])
})

test('a script that waits for approval starts for who may give it, and nothing else does', () => {
  const starts = (job: JobView) => names(playTargets('a', [job], [], true))
  expect(starts(aView('a', 'waiting', [], { ...MANUAL, approval: 'production' }))).toBe('a ready')
  expect(starts(aView('a', 'blocked', [], { approval: 'production' }))).toBe('')
  expect(starts(aView('a', 'waiting'))).toBe('')
})
