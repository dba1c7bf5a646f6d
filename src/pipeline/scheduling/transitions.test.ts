import { describe, expect, test } from 'vitest'
import { instant } from '../../core/index.ts'
import type { JobState } from '../states.ts'
import { aView } from '../test-plans.ts'
import type { JobView, Start } from '../types.ts'
import { pipelineStateOf } from './pipeline-state.ts'
import { dueTransitions, nextTransitions } from './transitions.ts'

const STAGES = ['build', 'test', 'deploy']
const MANUAL: Start = { kind: 'manual' }
type More = Partial<JobView>

const inStage = (stage: string, state: JobState, more: More = {}): JobView =>
  aView(more.name ?? `${stage}-${state}`, state, [], { order: 'stages', stage, ...more })
const dag = (name: string, needs: readonly string[], more: More = {}): JobView =>
  aView(name, 'blocked', needs, { order: 'dag', ...more })
/** `next ready`, a line for each step. */
const moves = (...jobs: readonly JobView[]): string =>
  nextTransitions(jobs, STAGES)
    .map(({ name, to }) => `${name} ${to}`)
    .join(', ')
const reasonOf = (...jobs: readonly JobView[]): string | undefined => nextTransitions(jobs, STAGES)[0]?.reason

const OPTIONAL = { start: MANUAL, allowFailure: true }
const ALLOWED = { allowFailure: true }

describe('a job with stages', () => {
  const next = (start?: Start): JobView =>
    inStage('deploy', 'blocked', { name: 'next', ...(start && { start }) })

  // What came before, and what becomes of a job that runs on success, on failure, always.
  test.each<[string, readonly JobView[], string, string, string]>([
    [
      'all succeeded',
      [inStage('build', 'succeeded'), inStage('test', 'succeeded')],
      'ready',
      'skipped',
      'ready',
    ],
    ['nothing came before', [], 'ready', 'skipped', 'ready'],
    ['one runs', [inStage('build', 'running'), inStage('test', 'succeeded')], '', '', ''],
    ['one failed, another runs', [inStage('build', 'failed'), inStage('test', 'running')], '', '', ''],
    ['one failed', [inStage('build', 'failed'), inStage('test', 'succeeded')], 'skipped', 'ready', 'ready'],
    ['one could not be run', [inStage('test', 'errored')], 'skipped', 'ready', 'ready'],
    ['one failed that may', [inStage('test', 'failed', ALLOWED)], 'ready', 'skipped', 'ready'],
    ['one was canceled', [inStage('test', 'canceled')], 'skipped', 'skipped', 'ready'],
    ['one was canceled that may fail', [inStage('test', 'canceled', ALLOWED)], 'ready', 'skipped', 'ready'],
    [
      'all were skipped',
      [inStage('build', 'skipped'), inStage('test', 'skipped')],
      'ready',
      'skipped',
      'ready',
    ],
    [
      'a failure skipped the rest',
      [inStage('build', 'failed'), inStage('test', 'skipped')],
      'skipped',
      'ready',
      'ready',
    ],
    ['a manual job may be left alone', [inStage('test', 'waiting', OPTIONAL)], 'ready', 'skipped', 'ready'],
    ['a manual job holds back', [inStage('test', 'waiting', { start: MANUAL })], '', '', ''],
    [
      'a delayed job waits',
      [inStage('test', 'waiting', { start: { kind: 'delayed', delay: 5 } })],
      '',
      '',
      '',
    ],
    [
      'a job beside it runs, and one after',
      [inStage('deploy', 'running'), inStage('none', 'running')],
      'ready',
      'skipped',
      'ready',
    ],
  ])('%s', (_, before, success, failure, always) => {
    const told = (start?: Start) => moves(...before, next(start)).replace('next ', '')
    expect([told(), told({ kind: 'on_failure' }), told({ kind: 'always' })]).toEqual([
      success,
      failure,
      always,
    ])
  })

  test('stages are gone through in one call where nothing in them is left to do', () => {
    const jobs = [
      inStage('deploy', 'blocked', { name: 'c' }),
      inStage('test', 'blocked', { name: 'b' }),
      inStage('build', 'failed', { name: 'a' }),
    ]
    expect(moves(...jobs)).toBe('b skipped, c skipped')
    expect(reasonOf(...jobs)).toBe("'a' failed")
  })

  test('it also waits for what it needs, and is skipped where that did not run', () => {
    const last = (needs: readonly string[]) =>
      aView('last', 'blocked', needs, { order: 'stages', stage: 'deploy' })
    const train = inStage('test', 'waiting', { ...OPTIONAL, name: 'train' })
    expect(moves(train, last([]))).toBe('last ready')
    expect(moves(train, last(['train']))).toBe('last skipped')
    expect(reasonOf(train, last(['train']))).toBe("'train' was not started by anybody")
    const beside = inStage('deploy', 'running', { name: 'beside' })
    expect(moves(beside, last(['beside']))).toBe('')
  })
})

describe('a job that goes by its needs alone', () => {
  test.each<[string, readonly JobView[], string, string, string]>([
    ['all ran', [aView('a', 'succeeded'), aView('b', 'succeeded')], 'ready', 'skipped', 'ready'],
    ['one runs', [aView('a', 'succeeded'), aView('b', 'running')], '', '', ''],
    ['one failed, the other runs', [aView('a', 'failed'), aView('b', 'running')], '', '', ''],
    ['one failed', [aView('a', 'failed'), aView('b', 'succeeded')], 'skipped', 'ready', 'ready'],
    [
      'one failed that may',
      [aView('a', 'failed', [], ALLOWED), aView('b', 'succeeded')],
      'ready',
      'skipped',
      'ready',
    ],
    ['one was skipped', [aView('a', 'skipped'), aView('b', 'succeeded')], 'skipped', 'skipped', 'ready'],
    [
      'one was skipped that may fail',
      [aView('a', 'skipped', [], ALLOWED), aView('b', 'succeeded')],
      'skipped',
      'skipped',
      'ready',
    ],
    [
      'nobody started one',
      [aView('a', 'waiting', [], OPTIONAL), aView('b', 'succeeded')],
      'skipped',
      'skipped',
      'ready',
    ],
    [
      'one waits for somebody',
      [aView('a', 'waiting', [], { start: MANUAL }), aView('b', 'succeeded')],
      '',
      '',
      '',
    ],
  ])('%s', (_, before, success, failure, always) => {
    const told = (start?: Start) =>
      moves(...before, dag('next', ['a', 'b'], start ? { start } : {})).replace('next ', '')
    expect([told(), told({ kind: 'on_failure' }), told({ kind: 'always' })]).toEqual([
      success,
      failure,
      always,
    ])
  })

  test('it starts at once without needs, whatever stage it is in', () => {
    expect(moves(inStage('build', 'running'), dag('next', [], { stage: 'deploy' }))).toBe('next ready')
  })

  test('a need that did not run skips it while the others run', () => {
    expect(moves(aView('a', 'skipped'), aView('b', 'running'), dag('next', ['b', 'a']))).toBe('next skipped')
  })

  test('a job of a later stage waits for it too', () => {
    const late = inStage('deploy', 'blocked', { name: 'late' })
    expect(moves(aView('a', 'running'), dag('b', ['a'], { stage: 'build' }), late)).toBe('')
  })
})

describe('how a job starts', () => {
  test.each<[string, More, string]>([
    ['a manual job waits for somebody', { start: MANUAL }, 'waiting'],
    ['a delayed job waits for its time', { start: { kind: 'delayed', delay: 90_000 } }, 'waiting'],
    [
      'what triggers runs in the control plane',
      {
        work: {
          kind: 'trigger',
          target: { kind: 'project', project: 'p' },
          strategy: 'none',
          forward: { yamlVariables: true, pipelineVariables: false },
          inputs: {},
        },
      },
      'running',
    ],
  ])('%s', (_, more, to) => {
    expect(nextTransitions([dag('a', [], more)], STAGES)[0]).toMatchObject({ from: 'blocked', to })
  })

  test('what takes turns is ready, whoever does its work', () => {
    const work = { kind: 'deploy', environment: 'production', approval: false } as const
    expect(moves(dag('a', [], { work, group: 'production' }))).toBe('a ready')
  })

  test('a delayed job says how long it waits', () => {
    const [move] = nextTransitions([dag('a', [], { start: { kind: 'delayed', delay: 5_400_000 } })])
    expect(move).toMatchObject({
      delay: 5_400_000,
      reason: 'starts by itself 1 h 30 min after what came before it',
    })
  })

  test('it goes on when its time has come, not before', () => {
    const job = aView('a', 'waiting', [], { due: instant(100) })
    expect(dueTransitions([job], instant(99))).toEqual([])
    expect(dueTransitions([job, aView('b', 'waiting')], instant(100))).toEqual([
      { name: 'a', from: 'waiting', to: 'ready' },
    ])
  })
})

describe('an approval that expires', () => {
  const rule = { approvalExpiresMs: 3_600_000 }
  const deploy = { work: { kind: 'deploy', environment: 'production', approval: true } } as const

  test.each([{ approval: 'production' }, deploy])('gives its time to what waits for it: %j', job => {
    const [move] = nextTransitions([dag('a', [], { ...job, ...rule })])
    expect(move).toMatchObject({
      to: 'waiting',
      delay: 3_600_000,
      reason: expect.stringContaining('approval'),
    })
    expect(nextTransitions([dag('a', [], job)])[0]).not.toHaveProperty('delay')
  })

  test('cancels it when that is over, not before', () => {
    const job = aView('a', 'waiting', [], { ...deploy, ...rule, due: instant(100) })
    expect(dueTransitions([job], instant(99))).toEqual([])
    expect(dueTransitions([job], instant(100))).toEqual([
      { name: 'a', from: 'waiting', to: 'canceled', reason: 'nobody approved it within 1 h 0 min' },
    ])
    // It was approved, and waits for something else now.
    const { due: _, ...approved } = job
    expect(dueTransitions([approved], instant(100))).toEqual([])
  })
})

test('jobs that wait for each other are skipped instead of hanging', () => {
  expect(moves(dag('a', ['b']), dag('b', ['a']), dag('c', []))).toBe('c ready')
  expect(moves(dag('a', ['b']), dag('b', ['a']), aView('c', 'succeeded'))).toBe('a skipped, b skipped')
})

test.each<[string, readonly JobView[], string]>([
  ['ends without a manual job that may be left alone', [aView('a', 'waiting', [], OPTIONAL)], 'succeeded'],
  ['runs while a manual job holds back', [aView('a', 'waiting', [], { start: MANUAL })], 'running'],
  [
    'runs while a job is delayed',
    [aView('a', 'waiting', [], { start: { kind: 'delayed', delay: 1 } })],
    'running',
  ],
])('a pipeline %s', (_, jobs, state) => {
  expect(pipelineStateOf([aView('done', 'succeeded'), ...jobs])).toBe(state)
})

test.each([
  ['by itself', {}],
  ['by hand', { start: { kind: 'manual' } }],
  ['after a time', { start: { kind: 'delayed', delay: 1000 } }],
] as const)('a job that would start %s waits for the approval that its environment wants', (_, more) => {
  const jobs = [
    aView('build', 'succeeded'),
    aView('ship', 'blocked', ['build'], { ...more, approval: 'live' }),
  ]
  expect(nextTransitions(jobs)).toEqual([
    { name: 'ship', from: 'blocked', to: 'waiting', reason: 'waits for approval to deploy to live' },
  ])
})
