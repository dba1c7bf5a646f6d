import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CommitId } from '../../core/index.ts'
import { createRepository, NO_COMMIT } from '../../git/index.ts'
import { adviceFor, LARGE_BYTES } from './advice.ts'

let folder: string
let bare: string
let work: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-advice-'))
  bare = join(folder, 'digits.git')
  work = join(folder, 'work')
  await createRepository(bare, 'main')
  execFileSync('git', ['init', '-q', '-b', 'main', work])
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A commit on a branch in which these files have so many bytes. */
async function push(files: Readonly<Record<string, number>>, branch = 'main'): Promise<CommitId> {
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', work, '-c', 'user.name=Ada', '-c', 'user.email=a@b', ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  for (const [path, size] of Object.entries(files)) {
    await mkdir(dirname(join(work, path)), { recursive: true })
    await writeFile(join(work, path), path)
    await truncate(join(work, path), size)
  }
  git('checkout', '-q', '-B', branch)
  git('add', '.')
  git('commit', '-q', '--allow-empty', '-m', 'files')
  git('push', '-q', '--force', bare, `HEAD:refs/heads/${branch}`)
  return git('rev-parse', 'HEAD') as CommitId
}

const advice = (before: CommitId, after: CommitId, ref = 'refs/heads/main') =>
  adviceFor(bare, 'main', [{ ref, before, after }])

test('a large file is told of once for its path, and small ones never', async () => {
  const first = await push({ 'model.onnx': LARGE_BYTES, 'small.onnx': LARGE_BYTES - 1 })
  const lines = await advice(NO_COMMIT, first)
  expect(lines.join('\n')).toContain('  model.onnx  10 MB')
  expect(lines.join('\n')).not.toContain('small.onnx')
  expect(lines).toContain("  git lfs track '*.onnx'")
  expect(lines).toContain('  git add .gitattributes && git add --renormalize model.onnx')
  const second = await push({ 'model.onnx': LARGE_BYTES + 1 })
  expect(await advice(first, second)).toEqual([])
  const third = await push({ 'small.onnx': LARGE_BYTES })
  expect((await advice(second, third)).join('\n')).toContain('small.onnx')
  const branch = await push({ 'README.md': 10 }, 'feature')
  expect(await advice(NO_COMMIT, branch, 'refs/heads/feature')).toEqual([])
})

test('many files are named a few, and names can not steer a terminal or a shell', async () => {
  const before = await push({ 'README.md': 11 })
  const names = ["it's $(rm) .bin", 'esc\u001b[2J.bin', 'data', 'a.bin', 'b.bin', 'c.bin']
  const after = await push(Object.fromEntries(names.map((name, i) => [name, LARGE_BYTES + 10 - i])))
  const text = (await advice(before, after)).join('\n')
  expect(text).toContain('and 1 more')
  expect(text).toContain(`'it'\\''s $(rm) .bin'`)
  expect(text).toContain('esc?[2J.bin')
  expect(text).toContain("git lfs track '*.bin' data")
})

test('a branch that is deleted, a tag and a commit that is not there get none', async () => {
  const commit = await push({ 'other.bin': LARGE_BYTES })
  expect(await advice(commit, NO_COMMIT)).toEqual([])
  expect(await advice(NO_COMMIT, commit, 'refs/tags/v1')).toEqual([])
  expect(await advice(NO_COMMIT, 'f'.repeat(40) as CommitId)).toEqual([])
})
