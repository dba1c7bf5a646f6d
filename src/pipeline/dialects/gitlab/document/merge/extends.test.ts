import { describe, expect, test } from 'vitest'
import { load } from '../test-load.ts'

const many = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n')

describe('extends', () => {
  test('merges maps and replaces lists, later bases over earlier ones and the job over all', async () => {
    const { jobs } = await load(`
.only-important:
  variables: { URL: http://my-url.internal, IMPORTANT_VAR: the details }
  rules: [{ if: $A }]
  tags: [production]
  script: [echo hello]
.in-docker:
  variables: { URL: http://docker-url.internal }
  tags: [docker]
  image: alpine
rspec:
  variables: { GITLAB: is-awesome }
  extends: [.only-important, .in-docker]
  script: [rake rspec]
`)
    expect(jobs).toEqual({
      rspec: {
        variables: { URL: 'http://docker-url.internal', IMPORTANT_VAR: 'the details', GITLAB: 'is-awesome' },
        rules: [{ if: '$A' }],
        tags: ['docker'],
        image: 'alpine',
        script: ['rake rspec'],
      },
    })
  })

  test('a key that is null leaves out what a base has; an empty map does not', async () => {
    const { jobs } = await load(`
.base: { script: test, variables: { VAR1: base } }
one: { extends: .base, variables: {} }
two: { extends: .base, variables: null }
`)
    expect(jobs['one']).toEqual({ script: 'test', variables: { VAR1: 'base' } })
    expect(jobs['two']).toEqual({ script: 'test' })
  })

  test('a job may extend one that is no template, and one that comes later', async () => {
    const { jobs } = await load(
      'a: { extends: b, stage: x }\nb: { extends: .c, tags: [t] }\n.c: { script: run }',
    )
    expect(jobs).toEqual({ a: { script: 'run', tags: ['t'], stage: 'x' }, b: { script: 'run', tags: ['t'] } })
  })

  test('eleven levels are allowed, twelve are not', async () => {
    const chain = (levels: number) =>
      `.l0: { script: x }\n${many(levels - 1, i => `.l${i + 1}: { extends: .l${i} }`)}\njob: { extends: .l${levels - 1} }`
    expect((await load(chain(11))).jobs).toEqual({ job: { script: 'x' } })
    expect((await load(chain(12))).problems).toEqual([
      ".gitlab-ci.yml:13:1: error: 'job' extends over more than 11 levels",
    ])
  })

  test.each([
    [
      'a base that is not there',
      '.tests: { script: x }\na: { extends: .test }',
      "2:15: error: 'a' extends '.test', which is not there (did you mean '.tests'?)",
    ],
    [
      'a base that is no map',
      '.x: [a]\na: { extends: .x }',
      "2:15: error: '.x' can't be extended: expected a map, found a list",
    ],
    [
      'no name',
      'a: { extends: { b: c } }',
      "1:15: error: Bad value of extends in 'a': expected the name of a job, or a list of names, found a map",
    ],
    [
      'a job that extends itself',
      'a: { extends: a }',
      "1:1: error: extends goes round in a circle: 'a' -> 'a'",
    ],
    [
      'a circle',
      'a: { extends: b }\nb: { extends: [.c] }\n.c: { extends: a }',
      "1:1: error: extends goes round in a circle: 'a' -> 'b' -> '.c' -> 'a'",
    ],
    [
      'a name that every object has',
      'a: { extends: toString }',
      "1:15: error: 'a' extends 'toString', which is not there",
    ],
  ])('%s is a finding', async (_, text, problem) => {
    expect((await load(text)).problems).toEqual([`.gitlab-ci.yml:${problem}`])
  })

  test('all that is wrong is told at once', async () => {
    const { problems } = await load('a: { extends: .one }\nb: { extends: [.two, .three] }')
    expect(problems).toHaveLength(3)
  })

  test('values keep the place of the base that they come from', async () => {
    const { place } = await load('.base:\n  script: [x]\njob:\n  extends: .base\n  image: y\n')
    expect(place('job.script.0')).toBe('.gitlab-ci.yml:2:12')
    expect(place('job.image')).toBe('.gitlab-ci.yml:5:10')
  })
})
