import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ArtifactRulesWire } from '../../../api/index.ts'
import { ContentStore } from '../../store/content-store.ts'
import { findKept, type KeepRequest } from './keep.ts'
import { collectArtifacts, layArtifacts } from './local-artifacts.ts'

let folder: string
let workspace: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-keep-'))
  workspace = join(folder, 'workspace')
  for (const path of ['dist/a.js', 'dist/a.map', 'dist/sub/b.js', 'src/a.ts', 'junit.xml', 'vars.env']) {
    await mkdir(dirname(join(workspace, path)), { recursive: true })
    await writeFile(join(workspace, path), path, { mode: path.endsWith('a.js') ? 0o755 : 0o644 })
  }
  await symlink('a.js', join(workspace, 'dist/link.js'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function aRequest(rules: Partial<ArtifactRulesWire>, request: Partial<KeepRequest> = {}): KeepRequest {
  const none: ArtifactRulesWire = {
    exclude: [],
    untracked: false,
    when: 'on_success',
    reports: [],
    mayMiss: true,
  }
  return { workspace, paths: [], outcome: 'succeeded', rules: { ...none, ...rules }, ...request }
}
const junit: ArtifactRulesWire['reports'][number] = { kind: 'junit', paths: ['junit*.xml'] }

describe('what is kept', () => {
  test.each([
    { rules: {}, request: { paths: ['dist/'] }, kept: ['dist/a.js', 'dist/a.map', 'dist/sub/b.js'] },
    { rules: { exclude: ['**/*.map'] }, request: { paths: ['dist/'] }, kept: ['dist/a.js', 'dist/sub/b.js'] },
    {
      rules: { untracked: true },
      request: { tracked: new Set(['src/a.ts', 'junit.xml']) },
      kept: ['dist/a.js', 'dist/a.map', 'dist/sub/b.js', 'vars.env'],
    },
    { rules: { when: 'on_failure' }, request: { paths: ['src'] }, kept: [] },
    { rules: { when: 'on_failure' }, request: { paths: ['src'], outcome: 'failed' }, kept: ['src/a.ts'] },
    { rules: { when: 'always' }, request: { paths: ['src'], outcome: 'failed' }, kept: ['src/a.ts'] },
    // Reports are kept whatever the outcome.
    { rules: { reports: [junit] }, request: { paths: ['src'], outcome: 'failed' }, kept: ['junit.xml'] },
  ] as const)('by $rules of $request', async ({ rules, request, kept }) => {
    const { files } = await findKept(aRequest(rules as Partial<ArtifactRulesWire>, request))
    expect(files.map(({ path }) => path)).toEqual(kept)
  })

  test('tells reports, and which files only they asked for', async () => {
    const reports = [junit, { kind: 'dotenv', paths: ['vars.env'] }] as ArtifactRulesWire['reports']
    const kept = await findKept(aRequest({ reports }, { paths: ['vars.env'] }))
    expect(kept.reports).toEqual([
      { kind: 'junit', path: 'junit.xml' },
      { kind: 'dotenv', path: 'vars.env' },
    ])
    expect(kept.files.map(({ path, reportOnly }) => [path, reportOnly])).toEqual([
      ['junit.xml', true],
      ['vars.env', undefined],
    ])
  })

  test('may miss, which is told, or may not', async () => {
    const paths = ['dist/', 'none/', '../up']
    expect((await findKept(aRequest({}, { paths }))).notes).toEqual([
      "artifacts: '../up' leads out of the workspace, or is no pattern",
      "artifacts: 'none/' matches nothing",
      'artifacts: 1 symbolic link is not kept',
    ])
    await expect(findKept(aRequest({ mayMiss: false }, { paths }))).rejects.toMatchObject({
      code: 'ARTIFACT_MISSING',
    })
    const failed = await findKept(aRequest({ mayMiss: false, when: 'always' }, { paths, outcome: 'failed' }))
    expect(failed.files).toHaveLength(3)
  })

  test('without rules is what it always was', async () => {
    const plain = { workspace, paths: ['dist/*.js'], outcome: 'succeeded' } as const
    expect((await findKept(plain)).files.map(({ path }) => path)).toEqual(['dist/a.js'])
    expect((await findKept({ ...plain, outcome: 'failed' })).files).toEqual([])
    await expect(findKept({ ...plain, paths: ['none'] })).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' })
  })
})

test('collected files are laid into another workspace, but for those of reports', async () => {
  const store = await ContentStore.open(join(folder, 'store'))
  const { files } = await collectArtifacts(aRequest({ reports: [junit] }, { paths: ['dist/'] }), store)
  const other = join(folder, 'other')
  await mkdir(join(other, 'dist'), { recursive: true })
  await writeFile(join(other, 'dist/a.map'), 'older')
  await layArtifacts(files, store, other)
  expect(await readFile(join(other, 'dist/a.map'), 'utf8')).toBe('dist/a.map')
  expect((await stat(join(other, 'dist/a.js'))).mode & 0o777).toBe(0o755)
  await expect(stat(join(other, 'junit.xml'))).rejects.toMatchObject({ code: 'ENOENT' })
})

// https://docs.gitlab.com/ci/yaml/#artifactsexclude
test('folders without files are kept, those that exclusions empty as well, and laid', async () => {
  await mkdir(join(workspace, 'dist/empty/deep'), { recursive: true })
  const rules = { exclude: ['dist/*.*', 'dist/sub/**'] }
  const store = await ContentStore.open(join(folder, 'store'))
  await mkdir(join(workspace, 'dist/sub'), { recursive: true })
  await writeFile(join(workspace, 'dist/sub/a'), '')
  const { files } = await collectArtifacts(aRequest(rules, { paths: ['dist'] }), store)
  expect(files.map(({ path, folder }) => [path, folder])).toEqual([
    ['dist/empty/deep', true],
    ['dist/sub', true],
  ])
  const other = join(folder, 'other')
  await mkdir(other)
  await layArtifacts(files, store, other)
  expect((await stat(join(other, 'dist/empty/deep'))).isDirectory()).toBe(true)
  expect((await stat(join(other, 'dist/sub'))).isDirectory()).toBe(true)
})

test('no file is laid through a link that leads out', async () => {
  const store = await ContentStore.open(join(folder, 'store'))
  const { files } = await collectArtifacts(aRequest({}, { paths: ['dist/'] }), store)
  const other = join(folder, 'other')
  await mkdir(other)
  await symlink(workspace, join(other, 'dist'))
  await expect(layArtifacts(files, store, other)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
})
