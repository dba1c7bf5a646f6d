import { describe, expect, test } from 'vitest'
import { aJob } from '../test-plans.ts'
import type { PlannedJob } from '../types.ts'
import { compilePlan, MAX_JOBS, MAX_NEEDS } from './plan.ts'

function problemsOf(...jobs: PlannedJob[]) {
  const compiled = compilePlan(jobs)
  return compiled.kind === 'problems' ? compiled.problems : []
}

function orderOf(...jobs: PlannedJob[]) {
  const compiled = compilePlan(jobs)
  return compiled.kind === 'plan' ? compiled.plan.jobs.map(job => job.name).join(' ') : compiled.problems
}

describe('the order of a plan', () => {
  test('is as written where the needs allow it', () => {
    expect(orderOf(aJob('b'), aJob('a'), aJob('c'))).toBe('b a c')
  })
  test('puts every need first, and changes nothing else', () => {
    expect(orderOf(aJob('deploy', ['test']), aJob('lint'), aJob('test', ['build']), aJob('build'))).toBe(
      'lint build test deploy',
    )
  })
})

describe('problems', () => {
  test.each([
    ['a name with a space', [aJob('a b')], 'JOB_NAME_INVALID', 'a b'],
    ['an empty name', [aJob('')], 'JOB_NAME_INVALID', ''],
    ['__proto__', [aJob('__proto__')], 'JOB_NAME_INVALID', '__proto__'],
    ['a name of 101 letters', [aJob('x'.repeat(101))], 'JOB_NAME_INVALID', 'x'.repeat(101)],
    ['the name of a stage', [aJob('gate')], 'JOB_NAME_RESERVED', 'gate'],
    ['the name of a deployment', [aJob('deploy:production')], 'JOB_NAME_RESERVED', 'deploy:production'],
    ['two jobs of one name', [aJob('a'), aJob('a')], 'JOB_DUPLICATE', 'a'],
    ['a need twice', [aJob('a'), aJob('b', ['a', 'a'])], 'NEED_DUPLICATE', 'b'],
    ['a job that needs itself', [aJob('a', ['a'])], 'NEED_CYCLE', 'a'],
    ['too many needs', [aJob('a', Array(MAX_NEEDS + 1).fill('a'))], 'TOO_MANY_NEEDS', 'a'],
  ] as const)('%s', (_, jobs, code, job) => {
    expect(problemsOf(...jobs)).toContainEqual(expect.objectContaining({ code, job }))
  })

  test('too many jobs are one problem, not thousands', () => {
    const jobs = Array.from({ length: MAX_JOBS + 1 }, (_, i) => aJob(`j${i}`, ['nowhere']))
    expect(problemsOf(...jobs)).toEqual([expect.objectContaining({ code: 'TOO_MANY_JOBS' })])
  })

  test('an unknown need names the nearest job and its place among the needs', () => {
    expect(problemsOf(aJob('unit'), aJob('train', ['unit', 'unti']))).toEqual([
      {
        code: 'NEED_UNKNOWN',
        job: 'train',
        need: 1,
        message: "Job 'train' needs 'unti', and there is no such job",
        hint: "did you mean 'unit'?",
      },
    ])
  })

  test("a job can't need a stage of Ballast's own", () => {
    expect(problemsOf(aJob('report', ['register']))[0]?.hint).toMatch(/come after every job/)
  })

  test('each cycle is told once, by its names; jobs behind it are not blamed', () => {
    const jobs = [
      aJob('a', ['c']),
      aJob('b', ['a']),
      aJob('c', ['b']),
      aJob('d', ['c']),
      aJob('x', ['y']),
      aJob('y', ['x']),
    ]
    expect(problemsOf(...jobs).map(problem => problem.message)).toEqual([
      'These jobs need each other: a → c → b → a',
      'These jobs need each other: x → y → x',
    ])
  })

  test('all are told at once', () => {
    const codes = problemsOf(aJob('a b'), aJob('c', ['nope']), aJob('d', ['d'])).map(({ code }) => code)
    expect(codes).toEqual(['JOB_NAME_INVALID', 'NEED_UNKNOWN', 'NEED_CYCLE'])
  })
})
