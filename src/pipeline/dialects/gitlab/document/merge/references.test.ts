import { describe, expect, test } from 'vitest'
import { load } from '../test-load.ts'

const many = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n')

describe('!reference', () => {
  test('a whole value, a value in a map, and items of a list in place', async () => {
    const { jobs } = await load(`
.setup: { script: [one, two] }
.vars: { variables: { URL: http://x, OTHER: y } }
test:
  script: [!reference [.setup, script], three]
  variables: !reference [.vars, variables]
other:
  script: !reference [.setup, script]
  variables: { MINE: !reference [.vars, variables, URL] }
`)
    expect(jobs).toEqual({
      test: { script: ['one', 'two', 'three'], variables: { URL: 'http://x', OTHER: 'y' } },
      other: { script: ['one', 'two'], variables: { MINE: 'http://x' } },
    })
  })

  test('references in what is referred to are followed, up to ten', async () => {
    const chain = (levels: number) =>
      `.l0: { s: [x] }\n${many(levels - 1, i => `.l${i + 1}: { s: [!reference [.l${i}, s], l${i}] }`)}\nj: { script: [!reference [.l${levels - 1}, s]] }`
    expect((await load(chain(3))).jobs).toEqual({ j: { script: ['x', 'l0', 'l1'] } })
    expect((await load(chain(9))).problems).toEqual([])
    const [problem] = (await load(chain(10))).problems
    expect(problem).toBe(
      ".gitlab-ci.yml:11:26: error: '!reference [.l9, s]' makes more than 10 lists within each other",
    )
  })

  test('a value that is itself a reference, up to ten', async () => {
    const chain = (levels: number) =>
      `.l0: { s: [x] }\n${many(levels - 1, i => `.l${i + 1}: { s: !reference [.l${i}, s] }`)}\nj: { script: !reference [.l${levels - 1}, s] }`
    expect((await load(chain(10))).jobs).toEqual({ j: { script: ['x'] } })
    expect((await load(chain(11))).problems.join()).toContain('is nested over more than 10 references')
  })

  test('what extends brings can be referred to, and a job that is not hidden too', async () => {
    const { jobs } = await load(`
.base: { script: [base] }
a: { extends: .base }
b: { script: [!reference [a, script], own] }
`)
    expect(jobs['b']).toEqual({ script: ['base', 'own'] })
  })

  test('it reaches into other files, and keeps their places', async () => {
    const files = {
      '.gitlab-ci.yml': 'include: setup.yml\nj: { script: [!reference [.setup, script], x] }',
      'setup.yml': '.setup:\n  script:\n    - from setup\n',
    }
    const { jobs, place } = await load({ files })
    expect(jobs['j']).toEqual({ script: ['from setup', 'x'] })
    expect(place('j.script.0')).toBe('setup.yml:3:7')
  })

  test.each([
    [
      'a job that is not there',
      '.setup: { s: x }\nj: { script: !reference [.setpu, s] }',
      "2:25: error: '!reference [.setpu, s]' names nothing: there is no '.setpu' (did you mean '.setup'?)",
    ],
    [
      'a key that is not there',
      '.setup: { script: x }\nj: { script: !reference [.setup, scrpt] }',
      "2:25: error: '!reference [.setup, scrpt]' names nothing: there is no 'scrpt' (did you mean 'script'?)",
    ],
    [
      'a key of a text',
      '.a: { s: x }\nj: { script: !reference [.a, s, t] }',
      "2:25: error: '!reference [.a, s, t]' names nothing: there is no 't'",
    ],
    [
      'itself',
      'j: { script: [!reference [j, script]] }',
      "1:26: error: '!reference [j, script]' goes round in a circle",
    ],
    [
      'what it is in',
      'j: { script: [!reference [j]] }',
      "1:26: error: '!reference [j]' goes round in a circle",
    ],
    [
      'no list',
      'j: { script: !reference setup }',
      '1:14: error: Unresolved tag: !reference (the only tag that CI files have is !reference [job, key])',
    ],
    [
      'an empty list',
      'j: { script: !reference [] }',
      '1:25: error: A !reference names a job and keys in it (write it as !reference [job, key])',
    ],
    [
      'a name that every object has',
      'j: { script: !reference [j, constructor] }',
      "1:25: error: '!reference [j, constructor]' names nothing: there is no 'constructor'",
    ],
  ])('%s is a finding', async (_, text, problem) => {
    expect((await load(text)).problems).toEqual([`.gitlab-ci.yml:${problem}`])
  })

  test('a circle over two jobs is told once', async () => {
    const { problems } = await load(
      '.a: { s: [!reference [.b, s]] }\n.b: { s: [!reference [.a, s]] }\nj: { script: [!reference [.a, s]] }',
    )
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain('goes round in a circle')
  })
})
