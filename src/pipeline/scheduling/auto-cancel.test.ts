import { describe, expect, test } from 'vitest'
import { aView } from '../test-plans.ts'
import type { AutoCancel } from '../types.ts'
import { canceledByFailure, supersededJobs } from './auto-cancel.ts'

const names = (jobs: readonly { readonly name: string }[]) => jobs.map(({ name }) => name).join(' ')
const INTERRUPTIBLE = { interruptible: true }

describe('a newer pipeline of the ref cancels', () => {
  const waiting = [
    aView('done', 'succeeded', [], INTERRUPTIBLE),
    aView('unit', 'running', [], INTERRUPTIBLE),
    aView('lint', 'ready', [], INTERRUPTIBLE),
    aView('pack', 'blocked'),
    aView('ship', 'ready', [], { ...INTERRUPTIBLE, group: 'production' }),
    aView('deploy:production', 'running', [], {
      ...INTERRUPTIBLE,
      work: { kind: 'deploy', environment: 'production', approval: false },
    }),
  ]
  const begun = [...waiting, aView('slow', 'running')]

  test.each<[AutoCancel['onNewCommit'] | undefined, string, string]>([
    [undefined, 'unit lint', ''],
    ['conservative', 'unit lint pack', ''],
    ['interruptible', 'unit lint', 'unit lint'],
    ['none', '', ''],
  ])('%s: %j, and once a job that is not interruptible has started %j', (mode, before, after) => {
    expect(names(supersededJobs(mode, waiting))).toBe(before)
    expect(names(supersededJobs(mode, begun))).toBe(after)
  })
})

describe('a job that fails cancels the rest', () => {
  const rest = [aView('a', 'running'), aView('b', 'blocked'), aView('c', 'succeeded')]
  test('where the plan says all', () => {
    expect(names(canceledByFailure('all', [...rest, aView('bad', 'failed')]))).toBe('a b')
    expect(names(canceledByFailure('none', [...rest, aView('bad', 'failed')]))).toBe('')
    expect(names(canceledByFailure(undefined, [...rest, aView('bad', 'failed')]))).toBe('')
  })
  test('and never where it may fail, or nothing failed', () => {
    const allowed = aView('bad', 'failed', [], { allowFailure: true })
    expect(names(canceledByFailure('all', [...rest, allowed]))).toBe('')
    expect(names(canceledByFailure('all', rest))).toBe('')
  })
})
