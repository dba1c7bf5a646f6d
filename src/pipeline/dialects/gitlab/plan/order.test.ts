import { describe, expect, test } from 'vitest'
import { formatDiagnostic } from '../../../../core/index.ts'
import { compile, jobOf, planOf, problemsOf } from './test-compile.ts'

describe('order', () => {
  test('jobs stand by stage, whatever the order in which they are written', async () => {
    const plan = await planOf(`
late: { stage: .post, script: x }
deploy: { stage: deploy, script: x }
one: { script: x }
early: { stage: .pre, script: x }
make: { stage: build, script: x }
`)
    expect(plan.stages).toEqual(['.pre', 'build', 'test', 'deploy', '.post'])
    expect(plan.jobs.map(({ name, stage, order }) => [name, stage, order])).toEqual([
      ['early', '.pre', 'stages'],
      ['make', 'build', 'stages'],
      ['one', 'test', 'stages'],
      ['deploy', 'deploy', 'stages'],
      ['late', '.post', 'stages'],
    ])
  })

  test('a job with needs waits for these alone, and gets artifacts from these', async () => {
    const { jobs } = await planOf(`
a: { stage: build, script: x }
b: { stage: build, script: x }
c: { needs: [{ job: a, artifacts: false }, b], script: x }
d: { needs: [], script: x }
e: { dependencies: [a], script: x }
`)
    expect(jobs.slice(2).map(({ name, order, needs, inputs }) => ({ name, order, needs, inputs }))).toEqual([
      { name: 'c', order: 'dag', needs: ['a', 'b'], inputs: ['b'] },
      { name: 'd', order: 'dag', needs: [], inputs: [] },
      { name: 'e', order: 'stages', needs: [], inputs: ['a'] },
    ])
  })

  test('artifacts of the same stage are not there yet', async () => {
    const result = await compile('a: { script: x }\nb: { dependencies: [a], script: x }')
    expect(result.diagnostics.map(formatDiagnostic)).toEqual([
      "ci.yml:2:21: warning: Job 'b' takes the artifacts of 'a', which is in the same stage: it gets none (use 'needs')",
    ])
    expect(result).toMatchObject({ kind: 'plan', plan: { jobs: [{ name: 'a' }, { name: 'b', inputs: [] }] } })
  })

  test('needs within a stage put the needed job first', async () => {
    const { jobs } = await planOf('a: { needs: [b], script: x }\nb: { script: x }')
    expect(jobs.map(({ name }) => name)).toEqual(['b', 'a'])
  })

  test('an optional need that is not there is none', async () => {
    const text = `
a: { script: x, rules: [{ when: never }] }
b: { script: x, needs: [{ job: a, optional: true }] }
`
    expect(await jobOf(text)).toMatchObject({ name: 'b', order: 'dag', needs: [] })
  })
})

describe('parallel jobs', () => {
  test('are numbered', async () => {
    const { jobs } = await planOf('t: { script: x, parallel: 2 }\nu: { script: x, needs: [t] }')
    expect(jobs.map(({ name, env }) => [name, env])).toEqual([
      ['t 1/2', { CI_NODE_INDEX: '1', CI_NODE_TOTAL: '2' }],
      ['t 2/2', { CI_NODE_INDEX: '2', CI_NODE_TOTAL: '2' }],
      ['u', {}],
    ])
    expect(jobs[2]!.needs).toEqual(['t 1/2', 't 2/2'])
  })

  test('of a matrix are named by its values, in its order', async () => {
    const { jobs } = await planOf(`
deploystacks:
  script: x
  variables: { STACK: none }
  parallel:
    matrix:
      - PROVIDER: aws
        STACK: [monitoring, app1, app2]
      - PROVIDER: [gcp, vultr]
        STACK: [data, processing]
  environment: $PROVIDER/$STACK
  tags: ["$PROVIDER", x]
`)
    expect(jobs.map(({ name, environment }) => [name, environment?.name])).toEqual([
      ['deploystacks: [aws, monitoring]', 'aws/monitoring'],
      ['deploystacks: [aws, app1]', 'aws/app1'],
      ['deploystacks: [aws, app2]', 'aws/app2'],
      ['deploystacks: [gcp, data]', 'gcp/data'],
      ['deploystacks: [gcp, processing]', 'gcp/processing'],
      ['deploystacks: [vultr, data]', 'vultr/data'],
      ['deploystacks: [vultr, processing]', 'vultr/processing'],
    ])
    expect(jobs[4]).toMatchObject({ labels: ['gcp', 'x'], env: { STACK: 'processing', CI_NODE_INDEX: '5' } })
  })

  const MATRIX = `
build:
  stage: build
  script: x
  parallel: { matrix: [{ OS: [linux, mac], ARCH: [arm, x64] }] }
`
  test.each([
    ['[{ OS: linux, ARCH: x64 }]', ['build: [linux, x64]']],
    ['[{ OS: [linux, mac], ARCH: arm }]', ['build: [linux, arm]', 'build: [mac, arm]']],
    ['[{ ARCH: x64 }]', ['build: [linux, x64]', 'build: [mac, x64]']],
  ])('needs pick those of a matrix: %s', async (matrix, needs) => {
    const { jobs } = await planOf(
      `${MATRIX}\ntest: { script: x, needs: [{ job: build, parallel: { matrix: ${matrix} } }] }`,
    )
    expect(jobs.at(-1)!.needs).toEqual(needs)
  })

  test('needs follow the own place in the matrix', async () => {
    const { jobs } = await planOf(`${MATRIX}
test:
  script: x
  parallel: { matrix: [{ OS: [mac, linux] }] }
  needs: [{ job: build, parallel: { matrix: [{ OS: "$[[ matrix.OS ]]", ARCH: arm }] } }]
`)
    expect(jobs.slice(4).map(({ name, needs }) => [name, needs])).toEqual([
      ['test: [mac]', ['build: [mac, arm]']],
      ['test: [linux]', ['build: [linux, arm]']],
    ])
  })

  test.each([
    ['[{ ARCH: x64, OS: linux }]', 'by other variables than those of its matrix'],
    ['[{ OS: beos }]', 'that its matrix does not make'],
    ['[{ OS: "$[[ matrix.NOPE ]]" }]', 'that its matrix does not make'],
  ])('needs can pick only what is there: %s', async (matrix, line) => {
    const text = `${MATRIX}\ntest: { script: x, needs: [{ job: build, parallel: { matrix: ${matrix} } }] }`
    expect(await problemsOf(text)).toEqual([expect.stringContaining(line)])
  })
})
