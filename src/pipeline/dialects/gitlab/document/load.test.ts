import { describe, expect, test } from 'vitest'
import { TEMPLATES } from '../templates/index.ts'
import { load } from './test-load.ts'

describe('what is a job', () => {
  test('keywords are globals, hidden entries are gone, everything else is a job in its order', async () => {
    const { globals, jobs } = await load(
      'b: { script: x }\nstages: [s]\n.hidden: { script: y }\ndefault: { image: i }\npages: { script: z }\na: text\n.also: [1]',
    )
    expect(Object.keys(globals)).toEqual(['stages', 'default'])
    expect(Object.keys(jobs)).toEqual(['b', 'pages', 'a'])
  })

  test('keys with nothing are as if they were not there; a job with nothing is there', async () => {
    const { globals, jobs } = await load(
      'variables:\nj: { script: x, image: }\nk:\ndefault: { image: , tags: [a] }',
    )
    expect(globals).toEqual({ default: { tags: ['a'] } })
    expect(jobs).toEqual({ j: { script: 'x' }, k: null })
  })

  test('keys that objects have are names like any other', async () => {
    const { jobs } = await load(
      '__proto__: { script: x, __proto__: { y: z } }\nconstructor: { extends: __proto__, image: i }',
    )
    expect(Object.keys(jobs)).toEqual(['__proto__', 'constructor'])
    expect(JSON.stringify(jobs['constructor'])).toContain('"image":"i"')
    expect(({} as Record<string, unknown>)['y']).toBeUndefined()
  })
})

test.each(['', '---\n', '# comment\n', '\uFEFF'])('%j is a file without jobs', async text => {
  expect(await load(text)).toMatchObject({ jobs: {}, globals: {}, problems: [] })
})

describe('what is no CI file', () => {
  test.each([
    ['- a', 'A CI file is a map of jobs and keywords: found a list'],
    ['hello', "A CI file is a map of jobs and keywords: found 'hello'"],
    ['a: [', 'Flow sequence'],
    ['a: *b', "There is no anchor 'b' before this"],
    ['\tscript: x', 'spaces'],
  ])('%j', async (text, problem) => {
    const { problems, jobs } = await load(text)
    expect(problems.join('\n')).toContain(problem)
    expect(jobs).toEqual({})
  })
})

test('repeated keys are warnings, and the last counts', async () => {
  const { jobs, problems } = await load('j: { script: a }\nj: { script: b }')
  expect(jobs).toEqual({ j: { script: 'b' } })
  expect(problems).toEqual([
    ".gitlab-ci.yml:2:1: warning: The key 'j' is there twice: this one counts (the first is in line 1)",
  ])
})

test('numbers that are not what they look like are warnings', async () => {
  const { problems } = await load('variables: { MODE: 0755, OTHER: "0755" }')
  expect(problems).toEqual([
    '.gitlab-ci.yml:1:20: warning: 0755 is read as the number 493, as GitLab does (quote it)',
  ])
})

test.each([...TEMPLATES.keys()])('the template %s loads, and runs without an image', async name => {
  const { problems, jobs, globals } = await load(`include: { template: ${name} }`)
  expect(problems).toEqual([])
  expect(Object.keys({ ...jobs, ...globals }).length).toBeGreaterThan(0)
  expect(JSON.stringify([jobs, globals])).not.toContain('"image"')
})
