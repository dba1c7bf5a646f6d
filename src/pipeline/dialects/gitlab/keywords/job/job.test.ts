import { describe, expect, test } from 'vitest'
import { formatDiagnostic } from '../../../../../core/index.ts'
import { KeywordFindings } from '../reader/findings.ts'
import { readStruct } from '../reader/struct.ts'
import { located } from '../test-config.ts'
import { type JobKeys, jobRule } from './job.ts'

function read(text: string): { keys: JobKeys; told: readonly string[] } {
  const findings = new KeywordFindings()
  const keys = readStruct(jobRule, located(text), { findings, trail: '' })?.values ?? {}
  return { keys, told: findings.sorted().map(formatDiagnostic) }
}

describe('what is right', () => {
  test.each<[string, object]>([
    ['script: make', { script: { commands: ['make'] } }],
    ['script: [a, [b, [c]], d]', { script: { commands: ['a', 'b', 'c', 'd'] } }],
    ['before_script: []', { before_script: { commands: [] } }],
    ['artifacts:', {}],
    ['allow_failure: { exit_codes: [137, 255] }', { allow_failure: { exitCodes: [137, 255] } }],
    ['allow_failure: { exit_codes: 137 }', { allow_failure: { exitCodes: [137] } }],
    ['retry: 2', { retry: { max: 2 } }],
    [
      'retry: { max: 1, when: runner_system_failure, exit_codes: 137 }',
      { retry: { max: 1, only: { causes: ['runner', 'setup'], exitCodes: [137] } } },
    ],
    ['retry: { max: 2, when: [always, script_failure] }', { retry: { max: 2 } }],
    ['parallel: 5', { parallel: { value: { kind: 'count', count: 5 } } }],
    [
      'parallel: { matrix: [{ OS: linux, V: [1.10, "2"] }] }',
      {
        parallel: {
          value: {
            kind: 'matrix',
            entries: [
              [
                { name: 'OS', values: ['linux'] },
                { name: 'V', values: ['1.1', '2'] },
              ],
            ],
          },
        },
      },
    ],
    [
      'inputs: { to: { default: a, options: [a, b], description: where }, n: { type: number, default: 2 }, l: { type: array, default: [1, x] } }',
      {
        inputs: {
          to: { type: 'string', default: 'a', options: ['a', 'b'] },
          n: { type: 'number', default: 2 },
          l: { type: 'array', default: ['1', 'x'] },
        },
      },
    ],
    ['needs: []', { needs: { jobs: [], elsewhere: [] } }],
    ['needs: { pipeline: $GROUP/p }', { needs: { elsewhere: [], mirror: '$GROUP/p' } }],
    [
      'needs: [a, { job: b, artifacts: false, optional: true }]',
      {
        needs: {
          jobs: [
            { job: 'a', artifacts: true, optional: false },
            { job: 'b', artifacts: false, optional: true },
          ],
        },
      },
    ],
    [
      'needs: [{ job: a, parallel: { matrix: [{ X: 1, Y: [p, q] }] } }]',
      { needs: { jobs: [{ job: 'a', matrix: [{ X: ['1'], Y: ['p', 'q'] }] }] } },
    ],
    [
      'needs: [{ project: g/p, job: j, ref: main }, { project: g/p, job: k, ref: main, artifacts: false }]',
      { needs: { elsewhere: [{ job: 'j', from: { kind: 'project', project: 'g/p', ref: 'main' } }] } },
    ],
    [
      'needs: [a, { pipeline: $PARENT, job: j }]',
      {
        needs: {
          jobs: [{ job: 'a' }],
          elsewhere: [{ job: 'j', from: { kind: 'pipeline', pipeline: '$PARENT' } }],
        },
      },
    ],
    [
      'only: [main, /^v/]\nexcept: { refs: [tags], variables: [$A], changes: ["*.md"], kubernetes: active }',
      {
        only: { refs: ['main', '/^v/'] },
        except: { refs: ['tags'], variables: [{ text: '$A' }], changes: ['*.md'], kubernetes: true },
      },
    ],
    [
      'rules: [{ if: $A, when: manual, allow_failure: true, variables: { X: 1 } }, [{ when: never }]]',
      {
        rules: [
          { if: { text: '$A' }, when: 'manual', allowFailure: true, variables: [{ name: 'X', value: '1' }] },
          { when: 'never' },
        ],
      },
    ],
    [
      'rules: [{ changes: { paths: [a], compare_to: main }, exists: { paths: [b], project: p/q, ref: v1 } }]',
      {
        rules: [
          {
            changes: { paths: ['a'], compareTo: 'main' },
            exists: { paths: ['b'], project: 'p/q', ref: 'v1' },
          },
        ],
      },
    ],
    [
      'cache: [{ key: { files: [a.lock], prefix: $CI_JOB_NAME }, paths: [x] }, { key: b, policy: $P }]',
      {
        cache: [
          { key: { kind: 'files', files: ['a.lock'], prefix: '$CI_JOB_NAME' }, paths: ['x'] },
          { key: { kind: 'text', text: 'b' }, policy: '$P' },
        ],
      },
    ],
    ['image: { name: a, entrypoint: [""], docker: { user: dave } }', { image: { entrypoint: [''] } }],
    [
      'services: [postgres:16, { name: redis, alias: "r, s", command: [start], variables: { A: b } }]',
      { services: [{ name: 'postgres:16' }, { alias: 'r, s', command: ['start'] }] },
    ],
    [
      'artifacts: { paths: [a], expire_in: 1 week, reports: { junit: r.xml, coverage_report: { coverage_format: jacoco, path: c.xml } } }',
      {
        artifacts: {
          expire_in: 604_800_000,
          reports: [
            { kind: 'junit', paths: ['r.xml'] },
            { kind: 'coverage', paths: ['c.xml'] },
          ],
        },
      },
    ],
    ['artifacts: { expire_in: never }', { artifacts: { expire_in: 'never' } }],
    ['environment: review/$CI_COMMIT_REF_SLUG', { environment: { name: 'review/$CI_COMMIT_REF_SLUG' } }],
    [
      'environment: { name: a, on_stop: b, auto_stop_in: $WHEN }',
      { environment: { on_stop: { value: 'b' }, auto_stop_in: { value: '$WHEN' } } },
    ],
    [
      'trigger: team/other',
      {
        trigger: {
          target: { kind: 'project', project: 'team/other' },
          strategy: 'none',
          forward: { yamlVariables: true, pipelineVariables: false },
        },
      },
    ],
    [
      'trigger: { include: [{ local: a.yml }, { artifact: b.yml, job: make }], strategy: depend }',
      {
        trigger: {
          target: {
            kind: 'child',
            sources: [
              { kind: 'local', file: 'a.yml' },
              { kind: 'artifact', job: 'make', file: 'b.yml' },
            ],
          },
          strategy: 'depend',
        },
      },
    ],
    [
      'trigger: { include: { project: t/p, ref: v1, file: [a.yml, b.yml], inputs: { n: 1, l: [a, 2] } } }',
      {
        trigger: {
          target: {
            sources: [
              { file: 'a.yml', ref: 'v1', inputs: { n: 1, l: ['a', '2'] } },
              { file: 'b.yml', inputs: { n: 1 } },
            ],
          },
          inputs: {},
        },
      },
    ],
    [
      'trigger: { include: [{ component: $H/t/p/lint@1, inputs: { n: 1 } }], inputs: { m: 2 } }',
      {
        trigger: {
          target: { sources: [{ kind: 'component', address: '$H/t/p/lint@1', inputs: { n: 1 } }] },
          inputs: { m: 2 },
        },
      },
    ],
    [
      'id_tokens: { T: { aud: [a, b] } }\nsecrets: { P: { gitlab_secrets_manager: { name: pass }, file: false } }',
      {
        id_tokens: [{ variable: 'T', audience: ['a', 'b'] }],
        secrets: [{ variable: 'P', secret: 'pass', file: false }],
      },
    ],
    [
      'release: { tag_name: $T, description: d, assets: { links: [{ name: n, url: u, link_type: image }] } }',
      { release: { tag: '$T', description: 'd', links: [{ name: 'n', url: 'u', type: 'image' }] } },
    ],
    ['coverage: /\\d+%/', { coverage: '\\d+%' }],
    ['pages: { publish: dist }', { pages: { publish: 'dist' } }],
    ['run: [{ name: one, script: a }, { name: two, script: b }]', { run: { commands: ['a', 'b'] } }],
    [
      'run: [{ name: one, script: [a, b], env: { WHO: "it\'s", N: 5 } }]',
      { run: { commands: ["(\nexport WHO='it'\\''s'\nexport N='5'\na\nb\n)"] } },
    ],
    ['timeout: 3 hours 30 minutes', { timeout: 12_600_000 }],
    [
      'variables: { A: , B: 123456789012345678901, C: { value: } }',
      {
        variables: [
          { name: 'A', value: '' },
          { name: 'B', value: '123456789012345678901' },
          { name: 'C', value: '' },
        ],
      },
    ],
    [
      'variables: { A: 1.0, B: true, C: { value: $A, expand: false } }',
      {
        variables: [
          { name: 'A', value: '1.0', expand: true },
          { name: 'B', value: 'true' },
          { name: 'C', value: '$A', expand: false },
        ],
      },
    ],
  ])('%s', (text, keys) => {
    const { told, keys: found } = read(text)
    expect(told).toEqual([])
    expect(found).toMatchObject(keys)
  })
})

describe('what is wrong is told with its place', () => {
  test.each<[string, string]>([
    ['scrip: make', "ci.yml:1:1: error: There is no key 'scrip' in a job (did you mean 'script'?)"],
    [
      'script: [1]',
      'ci.yml:1:10: error: Bad value of script: expected a command, or a list of commands (lists in it at most 10 deep), found 1 (put it in quotes)',
    ],
    [
      'script:\n  - echo a: b',
      "ci.yml:2:5: error: Bad value of script: expected a command, found a map (put it in quotes: ': ' makes a map of it)",
    ],
    ['script: []', 'ci.yml:1:9: error: Bad value of script: expected at least one command, found a list'],
    [
      'needs: build',
      "ci.yml:1:8: error: Bad value of needs: expected a list (of names of jobs, or maps with job, artifacts, optional, parallel, project, ref, pipeline), found 'build'",
    ],
    ['needs: [a, a]', "ci.yml:1:12: error: 'a' is needed twice"],
    [
      'needs: [{ project: p, job: j }]',
      "ci.yml:1:9: error: 'ref' is missing: 'project' and 'ref' go together",
    ],
    [
      'needs: [{ project: p, job: j, ref: r, pipeline: q }]',
      "ci.yml:1:39: error: 'project' and 'pipeline' can't be in a need together",
    ],
    [
      'needs: [{ project: p, job: j, ref: r, optional: true }]',
      "ci.yml:1:9: error: 'parallel' and 'optional' are of needs of the same pipeline",
    ],
    [
      'needs: [{ job: a, pipeline: $P }, { job: b, pipeline: $P }, { job: c, pipeline: $P }, { job: d, pipeline: $P }, { job: e, pipeline: $P }, { job: f, pipeline: $P }]',
      'ci.yml:1:8: error: Bad value of needs: expected at most 5 needs of other pipelines, found a list',
    ],
    [
      'needs: { pipeline: p, job: j }',
      "ci.yml:1:23: error: There is no key 'job' in needs (there are pipeline)",
    ],
    [
      'parallel: 201',
      'ci.yml:1:11: error: Bad value of parallel: expected a whole number from 1 to 200, found 201',
    ],
    [
      'parallel: { matrix: [{ A: [1,2,3,4,5,6], B: [1,2,3,4,5,6], C: [1,2,3,4,5,6] }] }',
      'ci.yml:1:11: error: The matrix makes too many jobs: expected at most 200, found 216',
    ],
    ['retry: 3', 'ci.yml:1:8: error: Bad value of retry: expected a whole number from 0 to 2, found 3'],
    ['retry: { when: scrpt_failure }', "(did you mean 'script_failure'?)"],
    ['when: never', "expected one of on_success, on_failure, always, manual, delayed, found 'never'"],
    [
      'cache: { paths: folder }',
      "ci.yml:1:17: error: Bad value of cache.paths: expected a list (of a path or pattern), found 'folder'",
    ],
    ['cache: [{}, {}, {}, {}, {}]', 'expected at most 4 of them, found 5'],
    ['cache: { key: a/b }', "expected a key without '/' that is not only dots, found 'a/b'"],
    ['cache: { key: .. }', "found '..'"],
    ['coverage: "\\\\d+"', "expected a regular expression such as '/Coverage: \\d+/'"],
    ['coverage: /(?=a)/', "expected a regular expression of RE2, found '/(?=a)/'"],
    ['timeout: soon', "expected a period such as '30 minutes' or '1h 30m', found 'soon'"],
    ['timeout: 2 months', 'expected a period from 1 second to 1 month'],
    [
      'environment: { name: a, kubernetes: {} }',
      "ci.yml:1:25: warning: no effect: it shows GitLab's dashboard of the cluster",
    ],
    ['dast_configuration: { site_profile: s }', 'ci.yml:1:1: warning: no effect: profiles are of GitLab'],
    ['identity: google_cloud', "ci.yml:1:1: warning: no effect: it is GitLab.com's own federation"],
    ['inputs: { a: {} }', "'default' is missing in an input of a job"],
    ['inputs: { a: { default: c, options: [b] } }', 'Bad value of inputs.a.default: expected one of b'],
    ['inputs: { a: { default: x, type: number } }', 'expected a number'],
    ['inputs: { a: { default: x, regex: "(?=a)" } }', 'expected a regex of RE2'],
    ['inputs: { "a b": { default: x } }', 'Bad name in inputs'],
    ['variables: true', 'ci.yml:1:12: error: Bad value of variables: expected a map, found true'],
    [
      'variables: { A-B: 1 }',
      "Bad name in variables: expected the name of a variable (letters, digits and _), found 'A-B'",
    ],
    ['variables: { __proto__: 1 }', 'Bad name in variables'],
    ['artifacts: { public: false, access: all }', "'public' and 'access' can't be in artifacts together"],
    [
      'artifacts: { reports: { sast: s.json } }',
      'ci.yml:1:25: warning: this report is kept as an artifact; no view of Ballast reads it',
    ],
    [
      'secrets: { P: { vault: a/b/c } }',
      "warning: the value comes from the project's secret of the variable's name; no other store is asked",
    ],
    ['trigger: { strategy: depend }', "expected 'project' or 'include', found a map"],
    ['trigger: { include: { artifact: a.yml } }', "expected 'job' with 'artifact'"],
    [`run: [{ name: a, script: "echo \${{ env.A }}" }]`, `expected text without \${{ }}`],
    [`run: [{ name: a, script: x, env: { A: "\${{ job.B }}" } }]`, `expected text without \${{ }}`],
    ['run: [{ name: a, script: x, env: { A-B: c } }]', 'Bad name in run[1].env'],
    ['run: [{ name: a, step: x }]', "'run[1].step' is not supported"],
    ['release: { tag_name: v1 }', "'description' is missing in release"],
    ['allow_failure: { exit_codes: -1 }', 'expected a whole number from 0 to 4294967295, found -1'],
    ['stage: 5', 'expected the name of a stage, found 5 (put it in quotes: "5")'],
  ])('%s', (text, line) => {
    const { told } = read(text)
    expect(told).toHaveLength(1)
    expect(told[0]).toContain(line)
  })

  test('lists that share their parts end in a diagnostic, not in the machine', () => {
    const shared = located('[a, b]')
    let node = shared
    for (let i = 0; i < 9; i++) node = { kind: 'list', items: Array(10).fill(node), at: shared.at }
    const findings = new KeywordFindings()
    const job = {
      kind: 'map',
      at: shared.at,
      entries: [{ key: 'script', keyAt: shared.at, value: node }],
    } as const
    readStruct(jobRule, job, { findings, trail: '' })
    expect(findings.sorted().map(formatDiagnostic)).toEqual([
      'ci.yml:1:1: error: Bad value of script: expected at most 5000 entries, found a list',
    ])
  })
})
