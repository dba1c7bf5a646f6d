import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hashFile } from '../hash-file.ts'
import { findArtifacts } from './artifacts.ts'

let workspace: string
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'ballast-artifacts-'))
  for (const path of [
    'model.onnx',
    'dist/a.js',
    'dist/b.js',
    'dist/sub/c.js',
    'dist/.hidden',
    'out/report.html',
  ]) {
    await mkdir(join(workspace, dirname(path)), { recursive: true })
    await writeFile(join(workspace, path), path)
  }
  await symlink('/etc', join(workspace, 'etc'))
  await symlink('/etc/passwd', join(workspace, 'dist/passwd.js'))
  await symlink('dist', join(workspace, 'linked'))
})
afterEach(() => rm(workspace, { recursive: true, force: true }))

describe('globs', () => {
  test.each([
    { globs: ['model.onnx'], files: ['model.onnx'] },
    { globs: ['./model.onnx'], files: ['model.onnx'] },
    { globs: ['dist/*.js'], files: ['dist/a.js', 'dist/b.js'] },
    { globs: ['dist/**/*.js'], files: ['dist/a.js', 'dist/b.js', 'dist/sub/c.js'] },
    { globs: ['dist'], files: ['dist/.hidden', 'dist/a.js', 'dist/b.js', 'dist/sub/c.js'] },
    { globs: ['dist/'], files: ['dist/.hidden', 'dist/a.js', 'dist/b.js', 'dist/sub/c.js'] },
    { globs: ['**/*.html', '**/*.onnx'], files: ['model.onnx', 'out/report.html'] },
    { globs: ['d*/sub', 'dist/a.js', 'dist/a.*'], files: ['dist/a.js', 'dist/sub/c.js'] },
    { globs: ['dist', '!**/*.js'], files: ['dist/.hidden'] },
    { globs: [], files: [] },
  ])('$globs keep $files', async ({ globs, files }) => {
    expect((await findArtifacts(workspace, globs)).map(({ path }) => path)).toEqual(files)
  })

  test.each([
    ['a link', 'dist/passwd.js'],
    ['a linked folder', 'etc/*'],
    ['a linked folder of the workspace', 'linked/*.js'],
    ['what is outside', '../*'],
    ['an absolute path', '/etc/passwd'],
    ['nothing', 'missing/*.bin'],
  ])('that name %s name no file', async (_what, glob) => {
    const found = findArtifacts(workspace, ['model.onnx', glob])
    await expect(found).rejects.toMatchObject({ code: 'ARTIFACT_MISSING', details: { missing: [glob] } })
  })
})

test('what may be missing is passed over', async () => {
  const found = await findArtifacts(workspace, ['model.onnx', 'missing'], { mayMiss: true })
  expect(found.map(({ path }) => path)).toEqual(['model.onnx'])
})

test('a link in a file’s place is not read', async () => {
  await expect(hashFile(join(workspace, 'dist/passwd.js'))).rejects.toMatchObject({ code: 'ELOOP' })
})
