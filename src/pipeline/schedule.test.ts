import { describe, expect, test } from 'vitest'
import { nextTransitions, pipelineStateOf, retryTargets } from './schedule.ts'
import type { JobState } from './states.ts'
import { aView } from './test-plans.ts'

const deployment = (approval: boolean) =>
  ({ work: { kind: 'deploy', environment: 'production', approval } }) as const

describe('nextTransitions', () => {
  test('a job without needs is ready at once', () => {
    expect(nextTransitions([aView('a', 'blocked')])).toEqual([{ name: 'a', from: 'blocked', to: 'ready' }])
  })

  test('a job starts when its last need ended, whatever else still runs', () => {
    const jobs = [aView('fast', 'succeeded'), aView('slow', 'running'), aView('next', 'blocked', ['fast'])]
    expect(nextTransitions(jobs)).toEqual([{ name: 'next', from: 'blocked', to: 'ready' }])
  })

  test('a job stays blocked while a need is under way', () => {
    const jobs = [aView('a', 'succeeded'), aView('b', 'waiting'), aView('c', 'blocked', ['a', 'b'])]
    expect(nextTransitions(jobs)).toEqual([])
  })

  test.each([
    ['failed', "'test' failed"],
    ['errored', "'test' could not be run"],
    ['canceled', "'test' was canceled"],
    ['skipped', "'test' was skipped"],
  ] as const)(
    'a need that %s skips what needs it, and says so, without waiting for the others',
    (state, reason) => {
      const jobs = [
        aView('test', state),
        aView('slow', 'running'),
        aView('next', 'blocked', ['slow', 'test']),
      ]
      expect(nextTransitions(jobs)).toEqual([{ name: 'next', from: 'blocked', to: 'skipped', reason }])
    },
  )

  test.each(['failed', 'errored', 'canceled', 'skipped'] as const)(
    'a need that may fail and %s holds nothing up',
    state => {
      const jobs = [aView('lint', state, [], { allowFailure: true }), aView('next', 'blocked', ['lint'])]
      expect(nextTransitions(jobs)).toEqual([{ name: 'next', from: 'blocked', to: 'ready' }])
    },
  )

  test('skipping goes down the whole line in one call, in any order of the jobs', () => {
    const jobs = [aView('c', 'blocked', ['b']), aView('b', 'blocked', ['a']), aView('a', 'failed')]
    expect(nextTransitions(jobs).map(({ name, to }) => `${name} ${to}`)).toEqual(['b skipped', 'c skipped'])
  })

  test('a job that a rule skips is skipped at once, with the rule', () => {
    const jobs = [aView('a', 'running'), aView('b', 'blocked', ['a'], { skip: 'not on this branch' })]
    expect(nextTransitions(jobs)).toEqual([
      { name: 'b', from: 'blocked', to: 'skipped', reason: 'not on this branch' },
    ])
  })

  test('a need that is nowhere skips the job instead of blocking it for ever', () => {
    expect(nextTransitions([aView('a', 'blocked', ['gone'])])).toEqual([
      {
        name: 'a',
        from: 'blocked',
        to: 'skipped',
        reason: "it needs 'gone', and this pipeline has no such job",
      },
    ])
  })

  test('a deployment runs in the control plane, or waits for approval first', () => {
    expect(nextTransitions([aView('d', 'blocked', [], deployment(false))])[0]).toMatchObject({
      to: 'running',
    })
    expect(nextTransitions([aView('d', 'blocked', [], deployment(true))])[0]).toMatchObject({
      to: 'waiting',
      reason: 'waits for approval to deploy to production',
    })
  })
})

describe('pipelineStateOf', () => {
  test.each([
    [['succeeded', 'succeeded'], 'succeeded'],
    [['succeeded', 'skipped'], 'succeeded'],
    [['succeeded', 'running'], 'running'],
    [['failed', 'blocked'], 'running'],
    [['succeeded', 'waiting'], 'running'],
    [['failed', 'skipped'], 'failed'],
    [['errored', 'succeeded'], 'failed'],
    [['canceled', 'succeeded'], 'canceled'],
    [['canceled', 'failed'], 'failed'],
    [[], 'succeeded'],
  ] as const)('%j is %s', (states: readonly JobState[], expected) => {
    expect(pipelineStateOf(states.map((state, i) => aView(`j${i}`, state)))).toBe(expected)
  })

  test('a job that may fail fails no pipeline', () => {
    expect(pipelineStateOf([aView('a', 'succeeded'), aView('b', 'failed', [], { allowFailure: true })])).toBe(
      'succeeded',
    )
  })
})

describe('retryTargets', () => {
  const names = (jobs: ReturnType<typeof retryTargets>) => jobs.map(({ name }) => name).join(' ')
  const jobs = [
    aView('build', 'succeeded'),
    aView('unit', 'failed', ['build']),
    aView('lint', 'succeeded', ['build']),
    aView('gate', 'skipped', ['unit', 'lint']),
    aView('deploy', 'skipped', ['gate']),
  ]

  test('a failed job takes with it what was skipped behind it, and nothing beside it', () => {
    expect(names(retryTargets('unit', jobs))).toBe('unit gate deploy')
    expect(retryTargets('unit', jobs)[0]).toEqual({ name: 'unit', from: 'failed', to: 'blocked' })
  })

  test('retrying what was skipped retries what it was skipped for', () => {
    expect(names(retryTargets('deploy', jobs))).toBe('unit gate deploy')
  })

  test('what succeeded behind the job has seen the old result, and goes again', () => {
    const after = [aView('a', 'failed', [], { allowFailure: true }), aView('b', 'succeeded', ['a'])]
    expect(names(retryTargets('a', after))).toBe('a b')
  })

  test('what still runs is left alone', () => {
    const after = [aView('a', 'failed', [], { allowFailure: true }), aView('b', 'running', ['a'])]
    expect(names(retryTargets('a', after))).toBe('a')
  })

  test.each([
    ['a job that runs', [aView('a', 'running')]],
    ['a job that a rule skips', [aView('a', 'skipped', [], { skip: 'rule' })]],
    ['a job that is not there', []],
  ])('there is nothing to retry of %s', (_, jobs) => {
    expect(retryTargets('a', jobs)).toEqual([])
  })
})
