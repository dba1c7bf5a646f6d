import { describe, expect, test } from 'vitest'
import { aSummary, plainly } from '../testing.ts'
import { criticalPath } from './critical.ts'
import { type RunResult, summaryText } from './summary.ts'

function aResult(changes: Partial<RunResult> = {}): RunResult {
  return {
    state: 'failed',
    jobs: [
      aSummary('test', { state: 'failed', reason: 'exit code 3', durationMs: 2100 }),
      aSummary('build', { durationMs: 400, tries: 2 }),
      aSummary('lint', { state: 'failed', forgiven: true, reason: 'exit code 1' }),
      aSummary('ship', { state: 'skipped', reason: "'test' failed" }),
    ],
    totalMs: 2600,
    critical: { jobs: ['build', 'test'], duration: 2500 },
    folder: '.ballast/run/x/logs',
    ...changes,
  }
}

describe('a summary', () => {
  test('has a row for each job, those that failed last', () => {
    const text = summaryText(
      aResult({
        jobs: aResult().jobs.map(({ startedMs: _, ...job }) => job),
      }),
      plainly,
    )
    expect(text.split('\n').slice(0, 5)).toEqual([
      '  JOB    STATE                TIME    WHY',
      '✓ build  succeeded (2 tries)  0.40 s',
      '! lint   failed, may          1.0 s   exit code 1',
      "○ ship   skipped              1.0 s   'test' failed",
      '✗ test   failed               2.1 s   exit code 3',
    ])
  })

  test('ends with what came of it, the critical path and where the logs are', () => {
    expect(summaryText(aResult(), plainly).split('\n').slice(-3)).toEqual([
      'failed in 2.6 s: 1 succeeded, 2 failed, 1 skipped',
      'critical path 2.5 s: build → test',
      'logs: .ballast/run/x/logs',
    ])
  })

  test('of hundreds of jobs counts those that went well', () => {
    const jobs = Array.from({ length: 200 }, (_, n) => aSummary(`job${n}`))
    const text = summaryText(
      aResult({ state: 'succeeded', jobs, critical: { jobs: [], duration: 0 } }),
      plainly,
    )
    expect(text).toBe('succeeded in 2.6 s: 200 succeeded\nlogs: .ballast/run/x/logs')
  })

  test('a name can not steer the terminal', () => {
    const text = summaryText(aResult({ jobs: [aSummary('a\u001b[2Jb\nc')] }), plainly)
    expect(text).not.toContain('\u001b')
    expect(text).toContain('a [2Jb c')
  })
})

describe('the critical path', () => {
  const job = (name: string, durationMs: number, ...before: readonly string[]) => ({
    job: name,
    durationMs,
    before,
  })

  test.each([
    { jobs: [], path: [], duration: 0 },
    { jobs: [job('a', 5)], path: ['a'], duration: 5 },
    { jobs: [job('a', 5), job('b', 1), job('c', 2, 'a', 'b')], path: ['a', 'c'], duration: 7 },
    { jobs: [job('a', 1), job('b', 9), job('c', 2, 'a')], path: ['b'], duration: 9 },
    { jobs: [job('a', 1, 'gone')], path: ['a'], duration: 1 },
  ])('of $jobs.length jobs is $path', ({ jobs, path, duration }) => {
    expect(criticalPath(jobs)).toEqual({ jobs: path, duration })
  })

  test('of a job that never ran counts nothing', () => {
    const jobs = [job('a', 3), { job: 'b', before: ['a'] }, job('c', 1, 'b')]
    expect(criticalPath(jobs)).toEqual({ jobs: ['a', 'b', 'c'], duration: 4 })
  })
})
