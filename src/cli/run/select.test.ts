import { describe, expect, test } from 'vitest'
import { selectJobs } from './select.ts'
import { aJob, aPlan } from './testing.ts'

const PLAN = aPlan(
  [
    aJob('build'),
    aJob('lint'),
    aJob('test: [node, 24]', { needs: ['build'] }),
    aJob('test: [node, 26]', { needs: ['build'] }),
    aJob('slow 1/2'),
    aJob('ship', { needs: ['test: [node, 24]', 'lint'] }),
  ],
  { excluded: [{ name: 'nightly', at: { file: 'ci.yml', line: 1, column: 1 }, reason: 'no rule matches' }] },
)

function names(jobs: readonly string[], withNeeds = true): readonly string[] {
  return selectJobs(PLAN, { jobs, withNeeds }).jobs.map(({ name }) => name)
}

describe('of a plan', () => {
  test('all is run where nothing is named', () => {
    expect(selectJobs(PLAN, { jobs: [], withNeeds: true })).toBe(PLAN)
  })

  test.each([
    { asked: ['lint'], run: ['lint'] },
    { asked: ['ship'], run: ['build', 'lint', 'test: [node, 24]', 'ship'] },
    { asked: ['test'], run: ['build', 'test: [node, 24]', 'test: [node, 26]'] },
    { asked: ['slow'], run: ['slow 1/2'] },
    { asked: ['test: [node, 26]'], run: ['build', 'test: [node, 26]'] },
  ])('$asked runs $run', ({ asked, run }) => {
    expect(names(asked)).toEqual(run)
  })

  test('alone, a job waits for nothing that does not run', () => {
    const { jobs } = selectJobs(PLAN, { jobs: ['ship', 'lint'], withNeeds: false })
    expect(jobs.map(({ name, needs }) => [name, needs])).toEqual([
      ['lint', []],
      ['ship', ['lint']],
    ])
  })

  test.each([
    ['biuld', "There is no job 'biuld' in this pipeline", "Did you mean 'build'?"],
    ['nightly', "'nightly' is not in this pipeline: no rule matches", expect.stringContaining('--list')],
  ])('%s is refused with its reason', (name, message, hint) => {
    expect(() => names([name])).toThrow(expect.objectContaining({ code: 'JOB_UNKNOWN', message, hint }))
  })
})
