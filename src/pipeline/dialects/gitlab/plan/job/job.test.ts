import { describe, expect, test } from 'vitest'
import { jobOf, problemsOf } from '../test-compile.ts'

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

test('a job that mirrors a pipeline runs nothing, and inherits nothing to run', async () => {
  const job = await jobOf(
    'default: { before_script: [d], image: ruby }\nj: { needs: { pipeline: $P/p }, variables: { P: team }, allow_failure: true }',
  )
  expect(job).toMatchObject({
    work: { kind: 'trigger', target: { kind: 'latest', project: 'team/p' }, strategy: 'mirror' },
    order: 'stages',
    needs: [],
    allowFailure: true,
  })
  expect(job.image).toBeUndefined()
})

test('inputs of a job stay in its texts until it starts; one that it has not is told', async () => {
  const text = (name: string) =>
    `j: { inputs: { where: { default: here } }, script: 'echo $\{{ job.inputs.${name} }}' }`
  expect(await jobOf(text('where'))).toMatchObject({
    jobInputs: { where: { type: 'string', default: 'here' } },
    work: { phases: [{ steps: [`echo $\{{ job.inputs.where }}`] }] },
  })
  expect(await problemsOf(text('wher'))).toEqual([
    expect.stringContaining("Job 'j' has no input 'wher' (did you mean 'where'?)"),
  ])
})
