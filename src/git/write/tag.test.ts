import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { resolveCommit } from '../read/commits.ts'
import { NO_COMMIT } from '../read/names.ts'
import { tagMessage } from '../read/tags.ts'
import { createRepository } from '../repository/create.ts'
import { writeCommit } from './merge.ts'
import { writeTag } from './tag.ts'
import { updateRefs } from './update-refs.ts'

let folder: string
let directory: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-tag-'))
  directory = join(folder, 'r.git')
  await createRepository(directory, 'main')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const git = (args: readonly string[], input = '') =>
  execFileSync('git', ['--git-dir', directory, ...args], { input, encoding: 'utf8' }).trim()

const aCommit = () =>
  writeCommit(directory, {
    tree: git(['mktree']),
    parents: [],
    message: 'A commit',
    author: { name: 'Ada', email: 'ada@example.org' },
  })

test('an annotated tag is an object that leads to its commit, whatever its texts hold', async () => {
  const commit = await aCommit()
  const tagger = { name: 'Ada\n<Eve> tagger', email: 'a>b\0@x' }
  const message = 'First\n\ntagger Eve <eve@example.org> 0 +0000'
  const tag = await writeTag(directory, { commit, name: 'v1', message, tagger, at: 1_700_000_000_000 })
  await updateRefs(directory, [{ ref: 'refs/tags/v1', before: NO_COMMIT, after: tag }])
  expect(await resolveCommit(directory, 'refs/tags/v1')).toBe(commit)
  expect(git(['cat-file', '-t', tag])).toBe('tag')
  expect(git(['for-each-ref', '--format=%(taggername) %(taggeremail)', 'refs/tags/v1'])).toBe(
    'AdaEve tagger <ab@x>',
  )
  expect(git(['for-each-ref', '--format=%(contents)', 'refs/tags/v1'])).toBe(message)
  expect(git(['fsck', '--strict'])).toBe('')
  expect(await tagMessage(directory, 'refs/tags/v1')).toBe(message)
})

test('only an annotated tag of that very name has a message', async () => {
  const commit = await aCommit()
  const tag = await writeTag(directory, {
    commit,
    name: 'deep/one',
    message: 'Below',
    tagger: { name: 'Ada', email: 'a@x' },
    at: 0,
  })
  await updateRefs(directory, [
    { ref: 'refs/tags/deep/one', before: NO_COMMIT, after: tag },
    { ref: 'refs/tags/light', before: NO_COMMIT, after: commit },
  ])
  expect(await tagMessage(directory, 'refs/tags/deep/one')).toBe('Below')
  expect(await tagMessage(directory, 'refs/tags/deep')).toBeUndefined()
  expect(await tagMessage(directory, 'refs/tags/light')).toBeUndefined()
})

test.each(['', 'a b', '-x', 'a\ntype blob', 'v1..2'])('%j names no tag', async name => {
  const tag = { commit: await aCommit(), name, message: 'm', tagger: { name: 'A', email: 'a' }, at: 0 }
  await expect(writeTag(directory, tag)).rejects.toMatchObject({ code: 'REF_NAME_INVALID' })
})
