import { describe, expect, test } from 'vitest'
import { formatDiagnostic } from '../../../../core/index.ts'
import type { Plan, PlannedJob } from '../../../types.ts'
import { mergedConfig } from '../keywords/test-config.ts'
import { compileMerged } from './compile.ts'
import { aJudge } from './test-judge.ts'

const START = { file: 'ci.yml', line: 1, column: 1 }

async function compile(text: string, truths: readonly string[] = []) {
  return compileMerged(mergedConfig(text), START, aJudge(truths))
}

async function planOf(text: string, truths: readonly string[] = []): Promise<Plan> {
  const result = await compile(text, truths)
  expect(result.kind === 'problems' ? result.diagnostics.map(formatDiagnostic) : []).toEqual([])
  if (result.kind !== 'plan') throw new Error(JSON.stringify(result))
  return result.plan
}

async function jobOf(text: string, truths: readonly string[] = []): Promise<PlannedJob> {
  return (await planOf(text, truths)).jobs[0]!
}

async function problemsOf(text: string): Promise<readonly string[]> {
  const result = await compile(text)
  return result.kind === 'problems' ? result.diagnostics.map(formatDiagnostic) : [result.kind]
}

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

describe('defaults', () => {
  const TOP = `
default: { image: ruby, retry: 2, interruptible: true, before_script: [d], tags: [t] }
variables: { A: 1, B: "$A" }
`
  test('are copied whole into jobs that do not have the key', async () => {
    const job = await jobOf(`${TOP}\nj: { script: x, image: { name: go, entrypoint: [""] } }`)
    expect(job).toMatchObject({
      image: { name: 'go', entrypoint: [''] },
      retries: 2,
      interruptible: true,
      labels: ['t'],
      env: { A: '1', B: '$A' },
      work: { phases: [{ name: 'script', steps: ['d', 'x'] }] },
    })
  })

  test.each([
    ['{ default: false, variables: false }', { retries: 0, env: {} }],
    ['{ default: [retry], variables: [B] }', { retries: 2, env: { B: '$A' } }],
  ])('inherit: %s', async (inherit, expected) => {
    const job = await jobOf(`${TOP}\nj: { script: x, inherit: ${inherit} }`)
    expect(job).toMatchObject(expected)
    expect(job.image).toBeUndefined()
  })

  test('a key that is empty on purpose keeps them out', async () => {
    const text =
      'default: { before_script: [d], cache: { paths: [p] } }\nj: { script: x, before_script: [], cache: [] }'
    const job = await jobOf(text)
    expect(job).toMatchObject({ work: { phases: [{ steps: ['x'] }] } })
    expect(job.caches).toBeUndefined()
  })

  test('the deprecated places still count', async () => {
    const text = 'image: a\nafter_script: [z]\ncache: { paths: [p] }\nj: { script: x }'
    expect(await jobOf(text)).toMatchObject({
      image: { name: 'a' },
      caches: [{ key: { kind: 'text', text: 'default' }, paths: ['p'], policy: 'pull-push' }],
      work: { phases: [{ name: 'script' }, { name: 'after_script', steps: ['z'] }] },
    })
  })
})

describe('when a job starts, and what its failure means', () => {
  test.each([
    ['when: manual', { start: { kind: 'manual' }, allowFailure: true }],
    ['when: manual, allow_failure: false', { start: { kind: 'manual' }, allowFailure: false }],
    ['rules: [{ when: manual }]', { start: { kind: 'manual' }, allowFailure: false }],
    ['rules: [{ when: manual, allow_failure: true }]', { start: { kind: 'manual' }, allowFailure: true }],
    ['when: manual, manual_confirmation: Sure?', { start: { kind: 'manual', confirmation: 'Sure?' } }],
    ['when: delayed, start_in: 30 minutes', { start: { kind: 'delayed', delay: 1_800_000 } }],
    ['rules: [{ when: delayed, start_in: "5" }]', { start: { kind: 'delayed', delay: 5000 } }],
    ['when: on_failure', { start: { kind: 'on_failure' }, allowFailure: false }],
    ['when: always', { start: { kind: 'always' } }],
    ['when: always, rules: [{ allow_failure: true }]', { start: { kind: 'always' }, allowFailure: true }],
    ['allow_failure: { exit_codes: [3] }', { allowFailure: false, allowFailureExitCodes: [3] }],
    ['interruptible: true, rules: [{ interruptible: false }]', { interruptible: false }],
    ['variables: { A: job }, rules: [{ variables: { A: rule, B: 1 } }]', { env: { A: 'rule', B: '1' } }],
    ['resource_group: production', { resourceGroup: { name: 'production' } }],
    ['timeout: 3h 30m', { timeout: 12_600_000 }],
    ['variables: { A: { value: $B, expand: false } }', { expand: true, literal: ['A'] }],
    ['pages: true', { artifacts: ['public'] }],
    ['publish: dist, artifacts: { paths: [x] }, pages: {}', { artifacts: ['x', 'dist'] }],
    ['services: ["reg.io:5000/a/b:1"]', { services: [{ aliases: ['reg.io__a__b', 'reg.io-a-b'] }] }],
    [
      'artifacts: { paths: [a], public: false, when: always, expire_in: 1 day, reports: { junit: j.xml, sast: s.json } }',
      {
        artifacts: ['a', 's.json'],
        artifactRules: {
          access: 'developer',
          when: 'always',
          expireIn: 86_400_000,
          reports: [{ kind: 'junit', paths: ['j.xml'] }],
        },
      },
    ],
  ])('%s', async (keys, expected) => {
    if (keys.startsWith('publish'))
      return expect(await problemsOf(`j: { script: x, ${keys} }`)).toHaveLength(1)
    expect(await jobOf(`j: { script: x, ${keys} }`)).toMatchObject(expected)
  })

  test('a job named pages keeps its site', async () => {
    expect((await jobOf('pages: { script: x }')).artifacts).toEqual(['public'])
    expect((await jobOf('pages: { script: x, pages: false }')).artifacts).toEqual([])
  })

  test('a trigger', async () => {
    const job = await jobOf('j: { variables: { P: t/p }, trigger: { project: $P, strategy: mirror } }')
    expect(job).toMatchObject({
      env: { P: 't/p' },
      work: { kind: 'trigger', target: { kind: 'project', project: 't/p' }, strategy: 'mirror' },
    })
  })

  test('three shells', async () => {
    const job = await jobOf(
      'j: { hooks: { pre_get_sources_script: h }, before_script: [b], script: s, after_script: a }',
    )
    expect(job.work).toEqual({
      kind: 'script',
      shell: 'bash',
      phases: [
        {
          name: 'pre_get_sources',
          steps: ['h'],
          onFailure: 'stop',
          freshShell: true,
          result: 'failed',
          when: 'success',
        },
        {
          name: 'script',
          steps: ['b', 's'],
          onFailure: 'stop',
          freshShell: true,
          result: 'failed',
          when: 'success',
        },
        {
          name: 'after_script',
          steps: ['a'],
          onFailure: 'stop',
          freshShell: true,
          result: 'ignored',
          when: 'always',
          timeout: 300_000,
        },
      ],
    })
  })
})

describe('the pipeline', () => {
  test('takes its name, variables and cancellation from workflow', async () => {
    const plan = await planOf(
      `
workflow:
  name: to $WHERE
  auto_cancel: { on_new_commit: interruptible }
  rules:
    - if: $MAIN
      variables: { WHERE: production }
      auto_cancel: { on_job_failure: all }
    - when: always
variables: { WHERE: staging }
j: { script: x }
`,
      ['$MAIN'],
    )
    expect(plan).toMatchObject({
      name: 'to production',
      autoCancel: { onNewCommit: 'interruptible', onJobFailure: 'all' },
      jobs: [{ env: { WHERE: 'production' } }],
    })
  })

  test('tells which jobs are out, and why the others are in', async () => {
    const plan = await planOf(
      'a: { script: x, rules: [{ if: $A }] }\nb: { script: x, only: [tags] }\nc: { script: x, rules: [{ if: $C }] }',
      ['$C'],
    )
    expect(plan.jobs.map(({ name, why }) => [name, why])).toEqual([['c', '$C']])
    expect(plan.excluded?.map(({ name, reason }) => [name, reason])).toEqual([
      ['a', 'no rule holds'],
      ['b', 'only for tags'],
    ])
  })

  test.each([
    ['workflow: { rules: [{ if: $NO }] }\na: { script: x }', 'no rule holds'],
    ['a: { script: x, rules: [{ when: never }] }', 'no job is for this occasion'],
    [
      'a: { script: x, stage: .pre }\nb: { script: x, stage: .post }',
      'there are jobs in .pre and .post alone',
    ],
  ])('%j makes nothing', async (text, reason) => {
    expect(await compile(text)).toMatchObject({ kind: 'nothing', reason })
  })
})

describe('what does not fit together is told', () => {
  test.each([
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
})
