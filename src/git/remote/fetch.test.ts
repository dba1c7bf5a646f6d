import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ownRefs, readRefs } from '../read/refs.ts'
import { createRepository } from '../repository/create.ts'
import { fetchRemote, type Remote } from './fetch.ts'

const INTO = 'refs/ballast/fetched/'
let folder: string
let directory: string
let elsewhere: string
let remote: Remote

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-fetch-'))
  directory = join(folder, 'own.git')
  elsewhere = join(folder, 'elsewhere.git')
  await createRepository(directory, 'main')
  await createRepository(elsewhere, 'main')
  remote = { url: `file://${elsewhere}`, protocol: 'file' }
  for (const ref of ['refs/heads/main', 'refs/heads/topic', 'refs/tags/v1', 'refs/pull/1/head'])
    git('update-ref', ref, commit(ref))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const git = (...args: string[]) =>
  execFileSync('git', ['--git-dir', elsewhere, ...args], {
    input: '',
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      GIT_AUTHOR_NAME: 'A',
      GIT_AUTHOR_EMAIL: 'a@b',
      GIT_COMMITTER_NAME: 'A',
      GIT_COMMITTER_EMAIL: 'a@b',
    },
  }).trim()
const commit = (message: string) => git('commit-tree', '-m', message, git('mktree'))

test('branches and tags come, and go with the remote; no other ref moves', async () => {
  await fetchRemote(directory, remote, INTO)
  const names = async () => [...(await ownRefs(directory, INTO)).keys()]
  expect(await names()).toEqual(['heads/main', 'heads/topic', 'tags/v1'])
  expect(await readRefs(directory)).toEqual(new Map())
  const moved = commit('another beginning')
  git('update-ref', 'refs/heads/main', moved)
  git('update-ref', '-d', 'refs/heads/topic')
  await fetchRemote(directory, remote, INTO)
  expect(await names()).toEqual(['heads/main', 'tags/v1'])
  expect((await ownRefs(directory, INTO)).get('heads/main')).toBe(moved)
})

test.each([
  { url: 'ext::sh -c touch% /tmp/x', protocol: 'file' },
  { url: '--upload-pack=touch /tmp/x', protocol: 'file' },
  { url: '/etc', protocol: 'file' },
  { url: 'ssh://host/x', protocol: 'https' },
] as const)('$url is not an address of $protocol', async remote => {
  await expect(fetchRemote(directory, remote, INTO)).rejects.toMatchObject({ code: 'GIT_FAILED' })
})
