import { expect, test } from 'vitest'
import type { IncludeSources } from '../dialects/types.ts'
import type { ChildSource } from '../types.ts'
import { childFile } from './child-file.ts'

const nowhere = async () => ({ kind: 'missing', reason: 'not asked for' }) as const
const INCLUDES: IncludeSources = { project: nowhere, component: nowhere, remote: nowhere }

const local = { kind: 'local', file: '/ci/child.yml' } as const
const artifact = { kind: 'artifact', job: 'generate', file: 'child.yml' } as const

test('one file of the commit is itself', async () => {
  expect(await childFile(INCLUDES, 'child', [local])).toEqual({ file: 'ci/child.yml', inputs: {} })
})

test('one file that a job kept is its text', async () => {
  const kept = async (job: string, file: string) => ({ kind: 'file', text: `# ${file} of ${job}` }) as const
  expect(await childFile({ ...INCLUDES, artifact: kept }, 'child', [artifact])).toEqual({
    file: 'generate:child.yml',
    text: '# child.yml of generate',
    inputs: {},
  })
})

test.each<{ case: string; includes: IncludeSources; sources: readonly ChildSource[]; problem: string }>([
  { case: 'no file is named', includes: INCLUDES, sources: [], problem: 'it names no file' },
  {
    case: 'no job keeps files',
    includes: INCLUDES,
    sources: [artifact],
    problem: "there is no file 'child.yml' of job 'generate'",
  },
  {
    case: 'the job kept no such file',
    includes: { ...INCLUDES, artifact: nowhere },
    sources: [artifact],
    problem: 'not asked for',
  },
])('says so where $case', async ({ includes, sources, problem }) => {
  expect(await childFile(includes, 'child', sources)).toEqual({ problem })
})

test.each<{ sources: readonly ChildSource[]; include: readonly object[] }>([
  {
    sources: [{ kind: 'template', name: 'Python.gitlab-ci.yml' }],
    include: [{ template: 'Python.gitlab-ci.yml' }],
  },
  {
    sources: [{ kind: 'project', project: 'team/ci', file: 'a.yml', ref: 'v1' }],
    include: [{ project: 'team/ci', file: 'a.yml', ref: 'v1' }],
  },
  {
    sources: [{ kind: 'project', project: 'team/ci', file: 'a.yml' }],
    include: [{ project: 'team/ci', file: 'a.yml' }],
  },
  {
    sources: [{ kind: 'remote', url: 'https://example.org/a.yml', integrity: 'sha256-x' }],
    include: [{ remote: 'https://example.org/a.yml', integrity: 'sha256-x' }],
  },
  {
    sources: [{ kind: 'component', address: 'ballast.test/team/parts/lint@1' }],
    include: [{ component: 'ballast.test/team/parts/lint@1' }],
  },
  {
    sources: [local, artifact],
    include: [{ local: '/ci/child.yml' }, { artifact: 'child.yml', job: 'generate' }],
  },
])('$sources are included by a small file', async ({ sources, include }) => {
  const file = await childFile(INCLUDES, 'child', sources)
  expect(file).toEqual({ file: 'trigger of child', text: expect.any(String), inputs: {} })
  expect('text' in file && JSON.parse(file.text!)).toEqual({ include })
})

test('inputs are for the file itself, or for each that is included', async () => {
  const one = { ...local, inputs: { a: 1, b: 'file' } }
  expect(await childFile(INCLUDES, 'child', [one], { b: 'trigger' })).toEqual({
    file: 'ci/child.yml',
    inputs: { a: 1, b: 'trigger' },
  })
  const two = { kind: 'template', name: 'Python.gitlab-ci.yml', inputs: { c: true } } as const
  const several = await childFile(INCLUDES, 'child', [one, two, artifact])
  expect('text' in several && JSON.parse(several.text!)).toEqual({
    include: [
      { local: '/ci/child.yml', inputs: { a: 1, b: 'file' } },
      { template: 'Python.gitlab-ci.yml', inputs: { c: true } },
      { artifact: 'child.yml', job: 'generate' },
    ],
  })
})
