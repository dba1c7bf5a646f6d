import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CommitId } from '../../core/index.ts'
import { createRepository } from '../repository/create.ts'
import { keepCommit } from '../repository/maintain.ts'
import { archiveWithHistory, type HistoryRequest } from './history.ts'

const ENVIRONMENT = {
  PATH: process.env['PATH'],
  GIT_CONFIG_NOSYSTEM: '1',
  HOME: '/nonexistent',
  LC_ALL: 'C',
}
let folder: string
let bare: string
let commits: readonly CommitId[]
let secret: string

const git = (at: string, ...args: string[]): string =>
  execFileSync('git', ['-C', at, '-c', 'user.name=Ada', '-c', 'user.email=a@b', ...args], {
    encoding: 'utf8',
    env: ENVIRONMENT,
  }).trim()

/** trunk: five commits, tags on the second and the fourth; a secret branch with a tag from the third. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-history-'))
  bare = join(folder, 'a b;c', 'digits.git')
  await createRepository(bare, 'trunk')
  const work = join(folder, 'work')
  await mkdir(work)
  git(work, 'init', '-q', '-b', 'trunk')
  const made: CommitId[] = []
  for (let n = 1; n <= 5; n++) {
    await writeFile(join(work, 'count.txt'), `${n}\n`)
    await writeFile(join(work, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 })
    git(work, 'add', '.')
    git(work, 'commit', '-q', '-m', `commit ${n}`)
    made.push(git(work, 'rev-parse', 'HEAD') as CommitId)
    if (n === 2) git(work, 'tag', 'v2')
    if (n === 4) git(work, 'tag', '-a', '-m', 'four', 'v4')
  }
  git(work, 'checkout', '-q', '-b', 'secret', made[2]!)
  await writeFile(join(work, 'secret.txt'), 'of another branch\n')
  git(work, 'add', '.')
  git(work, 'commit', '-q', '-m', 'secret')
  git(work, 'tag', 'secret-tag')
  secret = git(work, 'rev-parse', 'HEAD')
  git(work, 'push', '-q', bare, '--all')
  git(work, 'push', '-q', bare, '--tags')
  await keepCommit(bare, secret as CommitId)
  commits = made
})
afterAll(() => rm(folder, { recursive: true, force: true }))

let number = 0
/** Unpacks what a runner would get. */
async function received(change: Partial<HistoryRequest> = {}): Promise<string> {
  const at = join(folder, `received-${++number}`)
  await mkdir(at)
  const archive = archiveWithHistory(bare, {
    commit: commits[4]!,
    depth: 0,
    branch: 'trunk',
    remoteUrl: 'https://ballast.example/digits.git',
    folder: join(folder, 'copies'),
    ...change,
  })
  const chunks: Buffer[] = []
  for await (const chunk of archive) chunks.push(chunk as Buffer)
  execFileSync('tar', ['-x', '-C', at], { input: Buffer.concat(chunks) })
  return at
}

describe('a commit’s files with its history', () => {
  test.each([
    { depth: 0, subjects: [5, 4, 3, 2, 1], tags: ['v2', 'v4'] },
    { depth: 1, subjects: [5], tags: [] },
    { depth: 2, subjects: [5, 4], tags: ['v4'] },
    { depth: 50, subjects: [5, 4, 3, 2, 1], tags: ['v2', 'v4'] },
  ])('of depth $depth have its commits and tags', async ({ depth, subjects, tags }) => {
    const at = await received({ depth })
    const told = git(at, 'log', '--format=%s').split('\n')
    expect(told).toEqual(subjects.map(n => `commit ${n}`))
    expect(git(at, 'tag').split('\n').filter(Boolean)).toEqual(tags)
    expect(git(at, 'fsck', '--full', '--strict')).toBe('')
  })

  test('are a clean working tree with a detached HEAD', async () => {
    const at = await received({ depth: 1 })
    expect(git(at, 'status', '--porcelain')).toBe('')
    expect(git(at, 'rev-parse', 'HEAD')).toBe(commits[4])
    expect(git(at, 'branch', '--show-current')).toBe('')
    expect(git(at, 'rev-parse', 'origin/trunk')).toBe(commits[4])
    expect(git(at, 'describe', '--tags', '--always')).toMatch(/^[0-9a-f]{7}/)
    expect(git(await received(), 'describe', '--tags')).toMatch(/^v4-1-g/)
    expect(await readFile(join(at, 'count.txt'), 'utf8')).toBe('5\n')
  })

  test('of an earlier commit know nothing of later ones', async () => {
    const at = await received({ commit: commits[2]! })
    expect(git(at, 'log', '--format=%s').split('\n')).toHaveLength(3)
    expect(() => git(at, 'cat-file', '-e', commits[3]!)).toThrow()
    expect(git(at, 'for-each-ref', '--format=%(refname)').split('\n')).toEqual([
      'refs/remotes/origin/trunk',
      'refs/tags/v2',
    ])
  })

  test('hold no object of another branch', async () => {
    const at = await received()
    expect(() => git(at, 'cat-file', '-e', secret)).toThrow()
    expect(git(at, 'for-each-ref')).not.toContain('secret')
    expect(git(at, 'cat-file', '--batch-check', '--batch-all-objects').split('\n').length).toBe(
      git(at, 'rev-list', '--objects', '--all').split('\n').length,
    )
  })

  test('name the remote without a credential, and run no hook', async () => {
    const at = await received({ remoteUrl: 'https://ballast.example/a"b\\c\n[core]\n\tpager = evil.git' })
    expect(git(at, 'config', 'remote.origin.url')).toContain('https://ballast.example/a"b\\c')
    expect(() => git(at, 'config', 'core.pager')).toThrow()
    expect(await readdir(join(at, '.git'))).not.toContain('hooks')
  })

  test('are made from a copy that is gone afterwards, also when nobody reads on', async () => {
    await received({ depth: 1 })
    const stream = archiveWithHistory(bare, {
      commit: commits[4]!,
      depth: 1,
      remoteUrl: 'x',
      folder: join(folder, 'copies'),
    })
    for await (const _chunk of stream) break
    await expect.poll(() => readdir(join(folder, 'copies'))).toEqual([])
  })

  test('of a commit that is nowhere are an error', async () => {
    await expect(received({ commit: 'f'.repeat(40) as CommitId })).rejects.toMatchObject({
      code: 'GIT_FAILED',
    })
    await expect(received({ commit: '--all' as CommitId })).rejects.toMatchObject({
      code: 'COMMIT_ID_INVALID',
    })
  })
})
