import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CommitId } from '../../core/index.ts'
import { archive } from '../read/archive.ts'
import { describeCommit, isAncestor, resolveCommit } from '../read/commits.ts'
import { readRefs } from '../read/refs.ts'
import { listFiles, readFile } from '../read/tree.ts'
import { createRepository, removeRepository } from './create.ts'
import { keepCommit, maintainRepository } from './maintain.ts'

const NOWHERE = 'f'.repeat(40) as CommitId
let folder: string
let bare: string
let first: CommitId
let second: CommitId

const git = (...args: string[]) =>
  execFileSync('git', ['-C', join(folder, 'work'), '-c', 'user.name=Ada', '-c', 'user.email=a@b', ...args], {
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      GIT_AUTHOR_DATE: '1700000000 +0800',
      GIT_CONFIG_NOSYSTEM: '1',
      HOME: '/nonexistent',
    },
  }).trim()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-repository-'))
  bare = join(folder, 'team', 'digits.git')
  await createRepository(bare, 'trunk')
  const work = join(folder, 'work')
  await mkdir(join(work, 'data'), { recursive: true })
  git('init', '-q', '-b', 'trunk')
  await writeFile(join(work, 'ballast.yaml'), 'model: m.onnx\n')
  await writeFile(join(work, '.gitattributes'), 'data/* export-ignore\n*.yaml eol=crlf\nid export-subst\n')
  await writeFile(join(work, 'data', '数据 1.csv'), '1,2\n')
  await writeFile(join(work, 'id'), '$Format:%H$\n')
  await writeFile(join(work, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 })
  await symlink('/etc/passwd', join(work, 'link'))
  git('add', '-A')
  git('commit', '-q', '-m', 'Begin 开始\n\nBody')
  git('tag', '-a', 'v1', '-m', 'One')
  first = git('rev-parse', 'HEAD') as CommitId
  git('commit', '-q', '--allow-empty', '-m', 'More')
  second = git('rev-parse', 'HEAD') as CommitId
  git('push', '-q', bare, 'trunk', 'v1')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a new repository', () => {
  test('holds no hooks and leaves nothing beside it', async () => {
    expect(await readdir(join(folder, 'team'))).toEqual(['digits.git'])
    expect(await readdir(bare)).not.toContain('hooks')
    expect(execFileSync('git', ['--git-dir', bare, 'symbolic-ref', 'HEAD'], { encoding: 'utf8' })).toBe(
      'refs/heads/trunk\n',
    )
  })

  test('never replaces what is there', async () => {
    await expect(createRepository(bare, 'main')).rejects.toMatchObject({ code: 'REPOSITORY_EXISTS' })
    expect(await resolveCommit(bare, 'trunk')).toBe(second)
    expect(await readdir(join(folder, 'team'))).toEqual(['digits.git'])
  })

  test.each(['-x', 'a b', '../x'])('takes no branch named %j', async branch => {
    await expect(createRepository(join(folder, 'x.git'), branch)).rejects.toMatchObject({
      code: 'REF_NAME_INVALID',
    })
  })

  test('can be removed, and removed again', async () => {
    const other = join(folder, 'other', 'x.git')
    await createRepository(other, 'main')
    await removeRepository(other)
    await removeRepository(other)
    expect(await readdir(join(folder, 'other'))).toEqual([])
    await expect(readRefs(other)).rejects.toMatchObject({ code: 'REPOSITORY_MISSING' })
  })
})

describe('reading commits', () => {
  test('names resolve to commits, through annotated tags', async () => {
    expect(await resolveCommit(bare, 'trunk')).toBe(second)
    expect(await resolveCommit(bare, 'refs/heads/trunk')).toBe(second)
    expect(await resolveCommit(bare, 'v1')).toBe(first)
    expect(await resolveCommit(bare, first.slice(0, 8))).toBe(first)
    expect(await resolveCommit(bare, 'nowhere')).toBeUndefined()
    expect(await resolveCommit(bare, NOWHERE)).toBeUndefined()
  })

  test('message, author and time', async () => {
    expect(await describeCommit(bare, first)).toEqual({
      message: 'Begin 开始\n\nBody',
      author: expect.stringMatching(/^Ada <[^<>]+>$/),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/),
    })
    await expect(describeCommit(bare, NOWHERE)).rejects.toMatchObject({ code: 'COMMIT_UNKNOWN' })
  })

  test('ancestry', async () => {
    expect(await isAncestor(bare, first, second)).toBe(true)
    expect(await isAncestor(bare, second, first)).toBe(false)
    await expect(isAncestor(bare, first, NOWHERE)).rejects.toMatchObject({ code: 'COMMIT_UNKNOWN' })
  })

  test('a commit that is kept outlives its branch and stays hidden', async () => {
    await keepCommit(bare, first)
    expect([...(await readRefs(bare)).keys()]).toEqual(['refs/heads/trunk', 'refs/tags/v1'])
    await expect(keepCommit(bare, NOWHERE)).rejects.toMatchObject({ code: 'GIT_FAILED' })
  })
})

describe('reading files', () => {
  test('every file with what it is', async () => {
    const files = await listFiles(bare, first)
    expect(files.map(({ path, kind, mode, size }) => [path, kind, mode, size])).toEqual([
      ['.gitattributes', 'file', '100644', 53],
      ['ballast.yaml', 'file', '100644', 14],
      ['data/数据 1.csv', 'file', '100644', 4],
      ['id', 'file', '100644', 12],
      ['link', 'link', '120000', 11],
      ['run.sh', 'file', '100755', 10],
    ])
    await expect(listFiles(bare, NOWHERE)).rejects.toMatchObject({ code: 'COMMIT_UNKNOWN' })
  })

  test('a file is read whole, or not at all', async () => {
    expect((await readFile(bare, first, 'ballast.yaml', 14))!.toString()).toBe('model: m.onnx\n')
    expect((await readFile(bare, first, 'data/数据 1.csv', 100))!.toString()).toBe('1,2\n')
    expect(await readFile(bare, first, 'missing', 100)).toBeUndefined()
    expect(await readFile(bare, first, '*.yaml', 100)).toBeUndefined()
    await expect(readFile(bare, first, 'ballast.yaml', 13)).rejects.toMatchObject({
      code: 'GIT_FILE_TOO_LARGE',
    })
    await expect(readFile(bare, first, 'link', 100)).rejects.toMatchObject({ code: 'GIT_FILE_NOT_REGULAR' })
    await expect(readFile(bare, first, 'data', 100)).rejects.toMatchObject({ code: 'GIT_FILE_NOT_REGULAR' })
    await expect(readFile(bare, first, '../x', 100)).rejects.toMatchObject({ code: 'GIT_PATH_INVALID' })
  })

  test('an archive holds the committed bytes, whatever .gitattributes says', async () => {
    const tar = join(folder, 'tar')
    await writeFile(tar, await buffer(archive(bare, first)))
    const out = (name: string) => execFileSync('tar', ['-xOf', tar, name], { encoding: 'utf8' })
    expect(out('data/数据 1.csv')).toBe('1,2\n')
    expect(out('ballast.yaml')).toBe('model: m.onnx\n')
    expect(out('id')).toBe('$Format:%H$\n')
    await expect(buffer(archive(bare, NOWHERE))).rejects.toMatchObject({ code: 'GIT_FAILED' })
  })

  test('an archive that is given up ends git', async () => {
    const stream = archive(bare, first)
    stream.destroy()
    await expect(buffer(stream)).rejects.toThrow()
  })
})

test('a repository of many packs is joined into few, with every object in place', async () => {
  const inBare = (input: string, ...args: string[]) =>
    execFileSync('git', ['--git-dir', bare, ...args], { encoding: 'utf8', input }).trim()
  const blobs = Array.from({ length: 52 }, (_, i) => inBare(`content ${i}`, 'hash-object', '-w', '--stdin'))
  for (const blob of blobs) inBare(`${blob}\n`, 'pack-objects', '-q', join(bare, 'objects', 'pack', 'pack'))
  inBare('', 'prune-packed', '-q')
  expect(await maintainRepository(bare)).toBe('repacked')
  const packs = (await readdir(join(bare, 'objects', 'pack'))).filter(name => name.endsWith('.pack'))
  expect(packs.length).toBeLessThan(10)
  expect(inBare(blobs.join('\n'), 'cat-file', '--batch-check')).not.toContain('missing')
  expect(await maintainRepository(bare)).toBe('nothing to do')
})

test('what a crash left of a push is removed when it is old, and only then', async () => {
  const objects = join(bare, 'objects')
  await mkdir(join(objects, 'tmp_objdir-incoming-old', 'pack'), { recursive: true })
  await mkdir(join(objects, 'tmp_objdir-incoming-new'))
  await writeFile(join(objects, 'pack', 'tmp_pack_old'), 'x')
  const twoDaysAgo = Date.now() / 1000 - 2 * 86_400
  await utimes(join(objects, 'tmp_objdir-incoming-old'), twoDaysAgo, twoDaysAgo)
  await utimes(join(objects, 'pack', 'tmp_pack_old'), twoDaysAgo, twoDaysAgo)
  await maintainRepository(bare)
  const left = [...(await readdir(objects)), ...(await readdir(join(objects, 'pack')))]
  expect(left.filter(name => name.startsWith('tmp_'))).toEqual(['tmp_objdir-incoming-new'])
})
