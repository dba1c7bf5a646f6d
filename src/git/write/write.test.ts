import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CommitId } from '../../core/index.ts'
import { describeCommit } from '../read/commits.ts'
import { NO_COMMIT } from '../read/names.ts'
import { readRefs } from '../read/refs.ts'
import { createRepository } from '../repository/create.ts'
import { mergeTree, writeCommit } from './merge.ts'
import { updateRefs } from './update-refs.ts'

const AUTHOR = { name: 'Ada', email: 'ada@example.org' }
let folder: string
let directory: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-write-'))
  directory = join(folder, 'r.git')
  await createRepository(directory, 'main')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const git = (args: readonly string[], input = '') =>
  execFileSync('git', ['--git-dir', directory, ...args], { input, encoding: 'utf8' }).trim()

async function aCommit(files: Record<string, string>, ...parents: CommitId[]): Promise<CommitId> {
  const lines = Object.entries(files).map(
    ([name, text]) => `100644 blob ${git(['hash-object', '-w', '--stdin'], text)}\t${name}\n`,
  )
  const tree = git(['mktree'], lines.join(''))
  return writeCommit(directory, { tree, parents, message: 'A commit', author: AUTHOR })
}

test('a commit has the author and message that it was given', async () => {
  const message = "It's $(a) `message`\n\nwith -p lines --and options"
  const id = await writeCommit(directory, { tree: git(['mktree']), parents: [], message, author: AUTHOR })
  expect(await describeCommit(directory, id)).toMatchObject({ message, author: 'Ada <ada@example.org>' })
})

test('what two sides changed apart is merged; what both changed is named', async () => {
  const base = await aCommit({ a: '1', b: '1', c: '1' })
  const [ours, theirs, against] = await Promise.all([
    aCommit({ a: '2', b: '1', c: '1' }, base),
    aCommit({ a: '1', b: '2', c: '1' }, base),
    aCommit({ a: '3', b: '1' }, base),
  ])
  const merged = await mergeTree(directory, ours, theirs)
  expect(merged).toEqual({ kind: 'tree', tree: expect.stringMatching(/^[0-9a-f]{40}$/) })
  expect(git(['show', `${merged.kind === 'tree' && merged.tree}:b`])).toBe('2')
  expect(await mergeTree(directory, ours, against)).toEqual({ kind: 'conflicts', files: ['a'] })
})

test('refs move all or none, from where they are said to be', async () => {
  const [one, two] = [await aCommit({ a: '1' }), await aCommit({ a: '2' })]
  const create = (ref: string) => ({ ref, before: NO_COMMIT, after: one })
  expect(await updateRefs(directory, [create('refs/heads/x'), create('refs/ballast/mirrored/x')])).toBe(
    'done',
  )
  const move = { ref: 'refs/heads/x', before: one, after: two }
  expect(await updateRefs(directory, [create('refs/heads/y'), create('refs/heads/x')])).toBe(
    'moved elsewhere',
  )
  expect(await updateRefs(directory, [create('refs/heads/y'), { ...move, before: two, after: one }])).toBe(
    'moved elsewhere',
  )
  expect(Object.fromEntries(await readRefs(directory))).toEqual({ 'refs/heads/x': one })
  expect(await updateRefs(directory, [move])).toBe('done')
  expect(await updateRefs(directory, [{ ...move, before: two, after: NO_COMMIT }])).toBe('done')
  expect(await readRefs(directory)).toEqual(new Map())
})

test.each(['refs/heads/x\0delete refs/heads/main', '-d', 'refs/heads/../x', 'refs/heads/a b'])(
  '%j never reaches git',
  async ref => {
    await expect(updateRefs(directory, [{ ref, before: NO_COMMIT, after: NO_COMMIT }])).rejects.toMatchObject(
      {
        code: 'REF_NAME_INVALID',
      },
    )
  },
)
