import { describe, expect, test } from 'vitest'
import { formatDiagnostic } from '../../../core/index.ts'
import type { CompileRequest, CompileResult } from '../types.ts'
import { gitlab } from './compile.ts'

const FILE = '.gitlab-ci.yml'
const nowhere = async () => ({ kind: 'missing', reason: 'there is nothing elsewhere' }) as const

function compile(text: string, more: Partial<CompileRequest> = {}): Promise<CompileResult> {
  return gitlab.compile({
    file: FILE,
    text,
    files: { list: async () => [FILE], read: async () => undefined, changed: async () => undefined },
    includes: { project: nowhere, component: nowhere, remote: nowhere },
    trigger: {
      event: 'push',
      ref: 'refs/heads/main',
      commit: 'a'.repeat(40),
      commitMessage: 'A change',
      commitAuthor: 'Ada <ada@example.com>',
      commitTimestamp: '2026-01-01T00:00:00Z',
      protectedRef: true,
      principal: { id: 'usr_1', name: 'ada' },
      variables: {},
      inputs: {},
    },
    project: { id: 'prj_1', name: 'team/app', defaultBranch: 'main', serverUrl: 'http://127.0.0.1:4400' },
    variables: [],
    ...more,
  })
}

const told = ({ diagnostics }: CompileResult) => diagnostics.map(formatDiagnostic)
const names = (result: CompileResult) =>
  result.kind === 'plan' ? result.plan.jobs.map(({ name }) => name) : []

describe('rules: exists in another project', () => {
  const text = `
there: { script: x, rules: [{ exists: { paths: ["docs/*.md"], project: $CI_PROJECT_NAMESPACE/shared, ref: v1 } }] }
absent: { script: x, rules: [{ exists: { paths: [nothing], project: team/shared } }] }
`
  const files: Readonly<Record<string, readonly string[]>> = {
    'team/shared@v1': ['docs/a.md'],
    'team/shared@': [],
  }

  test('looks at its files, at the ref', async () => {
    const list = async (project: string, ref = '') => files[`${project}@${ref}`]
    const result = await compile(text, {
      includes: { project: nowhere, component: nowhere, remote: nowhere, list },
    })
    expect(told(result)).toEqual([])
    expect(names(result)).toEqual(['there'])
  })

  test('is a finding where it can’t be read', async () => {
    const result = await compile(text)
    expect(told(result).join()).toContain('there is no project')
  })
})

describe('variables', () => {
  test('that go round in a circle are an error, as in GitLab', async () => {
    const result = await compile('j: { script: x, variables: { A: $B, B: "<$A>", C: $A } }')
    expect(told(result)).toEqual([
      "ci.yml:1:1: error: Job 'j': These variables refer to each other in a circle: A, B".replace(
        'ci.yml',
        FILE,
      ),
    ])
  })

  test('that refer to themselves, or to what nobody defines, are none', async () => {
    const result = await compile('j: { script: x, variables: { PATH: "$PATH:/bin", A: $NOTHING } }')
    expect(names(result)).toEqual(['j'])
  })

  test('that come to more than a job can have are an error', async () => {
    const doubling = Array.from({ length: 40 }, (_, i) => `V${i + 1}: "$V${i}$V${i}"`).join(', ')
    const result = await compile(`j: { script: x, variables: { V0: x, ${doubling} } }`)
    expect(told(result).join()).toContain("Job 'j': These variables come to more than 1 MiB: V20, V21")
  })

  test('that put too much into names are an error, and put in no more', async () => {
    const jobs = Array.from(
      { length: 20 },
      (_, i) => `j${i}: { script: x, resource_group: "$BIG$BIG$BIG$BIG" }`,
    )
    const given = [{ name: 'BIG', value: 'x'.repeat(100_000), file: false, literal: false }]
    const result = await compile(jobs.join('\n'), { variables: given })
    expect(told(result)[0]).toContain('Variables put more than 4096 KiB into the names of this pipeline')
  })

  test('that take too long are an error', async () => {
    const references = Array.from({ length: 2000 }, (_, i) => `$W${i}`).join('')
    const jobs = Array.from({ length: 1500 }, (_, i) => `j${i}: { script: x, extends: .b }`)
    const result = await compile(`.b: { variables: { V: "${references}" } }\n${jobs.join('\n')}`)
    expect(told(result)[0]).toContain('The variables of this pipeline take too long to put in')
  })
})

describe('ids and numbers of the pipeline, which nobody knows yet', () => {
  test('stay where whoever makes the pipeline puts them in', async () => {
    const result = await compile(
      'j: { script: x, tags: ["r$CI_PIPELINE_IID"], resource_group: $CI_JOB_ID, environment: { name: e, url: "https://$CI_PIPELINE_ID.example.com" } }',
    )
    const [job] = result.kind === 'plan' ? result.plan.jobs : []
    expect(job?.labels).toEqual([`r\${CI_PIPELINE_IID}`])
    expect(job?.resourceGroup?.name).toBe(`\${CI_JOB_ID}`)
    expect(job?.environment?.url).toBe(`https://\${CI_PIPELINE_ID}.example.com`)
  })

  test('are an error in the name of an environment, which policies go by', async () => {
    const result = await compile('j: { script: x, environment: "review/$CI_PIPELINE_IID" }')
    expect(told(result).join()).toContain('The name of an environment has no ids or numbers')
  })

  test('come out empty in the name of the pipeline, with a warning', async () => {
    const result = await compile('workflow: { name: "No. $CI_PIPELINE_IID" }\nj: { script: x }')
    expect(told(result).join()).toContain('warning: The name of a pipeline has no ids and numbers')
    expect(result.kind === 'plan' && result.plan.name).toBe('No. ')
  })
})
