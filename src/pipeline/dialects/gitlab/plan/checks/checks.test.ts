import { describe, expect, test } from 'vitest'
import { problemsOf } from '../test-compile.ts'

describe('what does not fit together is told', () => {
  test.each([
    [
      'a: { trigger: { include: [{ artifact: x.yml, job: bb }] } }',
      "Job 'a' runs a file of 'bb', and there is no such job",
    ],
    [
      'a: { trigger: { include: [{ artifact: x.yml, job: b }] } }\nb: { script: x }',
      "Job 'a' runs a file of 'b', which does not come before it (add 'needs: [b]')",
    ],
    [
      'a: { stage: invalid, script: x }',
      "1:13: error: Job 'a' is in the stage 'invalid', and there is no such stage",
    ],
    [
      'a: { needs: [biuld], script: x }\nbuild: { script: x }',
      "Job 'a' needs 'biuld', and there is no such job (did you mean 'build'?)",
    ],
    [
      'a: { stage: build, needs: [b], script: x }\nb: { script: x }',
      "Job 'a' needs 'b', which is in the later stage 'test'",
    ],
    ['a: { needs: [a], script: x }', "1:14: error: These jobs need each other: 'a' → 'a'"],
    [
      'a: { needs: [b], script: x }\nb: { needs: [a], script: x }',
      "These jobs need each other: 'a' → 'b' → 'a'",
    ],
    ['a: { dependencies: [b], script: x }', "Job 'a' takes the artifacts of 'b', and there is no such job"],
    [
      'a: { stage: build, dependencies: [b], script: x }\nb: { script: x }',
      "Job 'a' takes the artifacts of 'b', which is in the later stage 'test'",
    ],
    [
      'a: { environment: $NOTHING, variables: { NOTHING: "" }, script: x }',
      'The name of the environment comes to nothing',
    ],
    [
      'a: { environment: { name: e, auto_stop_in: $V }, variables: { V: soon }, script: x }',
      "Bad value of environment.auto_stop_in: expected a period such as '1 day', found 'soon'",
    ],
    ['a: { when: delayed, script: x, rules: [{ if: $A }] }', "write 'when' and 'start_in' into the rules"],
    [
      'a: { needs: [c], dependencies: [b], script: x }\nb: { script: x }\nc: { script: x }',
      'and does not need it',
    ],
    [
      'a: { needs: [b], script: x }\nb: { script: x, rules: [{ if: $X }] }',
      "Job 'a' needs 'b', which is not in this pipeline",
    ],
    ['a: { rules: [], only: [x], script: x }', "'only' can't be in a job with 'rules'"],
    ['a: { image: x }', "Job 'a' does nothing: expected script, run or trigger"],
    ['a: { needs: { pipeline: t/p }, script: x }', "'script' can't be in a job with 'needs: pipeline'"],
    ['a: { needs: { pipeline: t/p }, trigger: t/p }', "'needs: pipeline' can't be in a job with 'trigger'"],
    ['a: { script: x, rules: [{ needs: { pipeline: t/p } }] }', 'expected a list (of jobs)'],
    ['a: { trigger: t/p, script: x }', "'script' can't be in a job with 'trigger'"],
    ['a: { run: [{ name: s, script: x }], script: x }', "'script' can't be in a job with 'run'"],
    ['a: { when: delayed, script: x }', "'start_in' is missing"],
    ['a: { start_in: 5 minutes, script: x }', "'start_in' has no meaning"],
    ['a: { script: x, rules: [{ when: delayed }] }', "'start_in' is missing"],
    ['a: { script: x, rules: [{ start_in: 1 day }] }', "'start_in' needs 'when: delayed'"],
    [
      'image: a\ndefault: { image: b }\nj: { script: x }',
      "'image' stands at the top of the file and in 'default'",
    ],
    [
      'a: { environment: { name: e, on_stop: b }, script: x }',
      "'on_stop' names 'b', and there is no such job",
    ],
    [
      'a: { environment: { name: e, on_stop: b }, script: x }\nb: { script: x, environment: e }',
      "it has no 'action: stop'",
    ],
    ['a: 5', "'a' is neither a job nor a global keyword"],
    ['stages: [a]', 'There is no job that is not hidden'],
    ['"true": { script: x }', "'true' can't be the name of a job"],
    ['t: { script: x, parallel: 2 }\nt 1/2: { script: x }', "There are two jobs named 't 1/2'"],
    [
      `a: { script: x, parallel: { matrix: [{ V: ${'v'.repeat(300)} }] } }`,
      'it has more than 255 characters',
    ],
    [
      'workflow: { rules: [{ when: manual }] }\nj: { script: x }',
      "expected one of always, never, found 'manual'",
    ],
  ])('%s', async (text, line) => {
    expect(await problemsOf(text)).toEqual([expect.stringContaining(line)])
  })

  test('a file that makes too many jobs is told before they are made', async () => {
    const matrix = `{ matrix: [{ A: [${Array.from({ length: 200 }, (_, i) => i).join()}] }] }`
    const text = Array.from({ length: 26 }, (_, i) => `j${i}: { script: x, parallel: ${matrix} }`).join('\n')
    expect(await problemsOf(text)).toEqual([expect.stringContaining('more than the 5000 jobs')])
  })

  test('jobs that need each other too often are told', async () => {
    const text = Array.from({ length: 10 }, (_, i) => {
      const needs = Array.from({ length: i }, (_unused, k) => `j${k}`)
      return `j${i}: { script: x, parallel: 200, needs: [${needs.join()}] }`
    }).join('\n')
    expect(await problemsOf(text)).toEqual([
      expect.stringContaining(
        'The jobs of this file need each other too often: expected at most 400000 needs in all',
      ),
    ])
  })

  test('selectors that a matrix multiplies are told', async () => {
    const values = Array.from({ length: 200 }, (_, i) => i).join()
    const need = '{ job: b, parallel: { matrix: [{ A: "$[[ matrix.A ]]" }] } }'
    const jobs = Array.from(
      { length: 8 },
      (_, i) =>
        `j${i}: { script: x, needs: [${Array(190).fill(need).join()}], parallel: { matrix: [{ A: [${values}] }] } }`,
    )
    const build = `b: { stage: build, script: x, parallel: { matrix: [{ A: [${values}] }] } }`
    expect(await problemsOf([build, ...jobs].join('\n'))).toEqual([
      expect.stringContaining('The jobs of this file need each other too often'),
    ])
  })
})
