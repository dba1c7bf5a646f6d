import { describe, expect, test } from 'vitest'
import { countStates, type GraphItem, groupJobs, groupName, itemNodes, memberName } from './groups.ts'

interface Job {
  readonly name: string
  readonly stage: string | null
  readonly needs: readonly string[]
}
const aJob = (name: string, stage: string | null = 'test', needs: readonly string[] = []): Job => ({
  name,
  stage,
  needs,
})
const told = (items: readonly GraphItem<Job>[]) =>
  items.map(item => (item.kind === 'job' ? item.job.name : `${item.group.name} × ${item.group.jobs.length}`))

// https://docs.gitlab.com/ci/jobs/#group-similar-jobs-together-in-pipeline-views
test.each([
  ['build ruby 1/3', 'build ruby', '1/3'],
  ['build ruby 1:3', 'build ruby', '1:3'],
  ['build ruby 1 3', 'build ruby', '1 3'],
  ['deploy: [aws, app]', 'deploy', '[aws, app]'],
  ['a: b: [c]', 'a: b', '[c]'],
  ['test: [a: [1], b]', 'test', '[a: [1], b]'],
])('%s is of %s', (name, group, member) => {
  expect(groupName(name)).toBe(group)
  expect(memberName(name, group)).toBe(member)
})

test.each(['build', 'build 3', 'build:3', '1/3', ': [a]', 'build [a]', 'test 1/3 now'])(
  '%j is of none',
  name => {
    expect(groupName(name)).toBeUndefined()
  },
)

describe('groups', () => {
  test('stand where their first job does; a job alone is none, nor are jobs of two stages', () => {
    const items = groupJobs([
      aJob('lint'),
      aJob('unit 1/2'),
      aJob('build: [x86]', 'build'),
      aJob('unit 2/2'),
      aJob('build: [arm]', 'build'),
      aJob('build: [arm]', 'deploy'),
      aJob('alone: [a]'),
    ])
    expect(told(items)).toEqual(['lint', 'unit × 2', 'build × 2', 'build: [arm]', 'alone: [a]'])
  })

  test('need what their jobs do, once, and not themselves', () => {
    const items = groupJobs([
      aJob('a 1/2'),
      aJob('a 2/2', 'test', ['a 1/2']),
      aJob('b 1/2', 'test', ['a 1/2', 'gone']),
      aJob('b 2/2', 'test', ['a 2/2']),
      aJob('end', 'test', ['b 1/2', 'b 2/2']),
    ])
    const [a, b, end] = itemNodes(items, key => key.endsWith('\nb'))
    expect(a).toMatchObject({ needs: [], members: [] })
    expect(b).toMatchObject({ needs: [a!.name], members: ['b 1/2', 'b 2/2'] })
    expect(end).toMatchObject({ name: 'end', needs: [b!.name] })
  })
})

test('states are counted in the order in which one looks at them', () => {
  const jobs = (['succeeded', 'failed', 'succeeded'] as const).map(state => ({ state }))
  expect(countStates(jobs, ['failed', 'running', 'succeeded'])).toEqual([
    { state: 'failed', n: 1 },
    { state: 'succeeded', n: 2 },
  ])
})
