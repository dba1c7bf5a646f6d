import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BareRepository } from '../../../test/server/repository.ts'
import { type CommitId, digestOf, instant, newId } from '../../core/index.ts'
import { changedByPush } from './changed-paths.ts'
import { lfsObjectsOf, type PointerAt, pointersIn, type WalkOptions } from './objects-of.ts'
import { formatPointer } from './pointer.ts'
import { isQuarantine, quarantineEnvironment } from './quarantine.ts'

let folder: string
let repository: BareRepository
let first: CommitId
let second: CommitId
let side: CommitId

const pointerTo = (text: string) => formatPointer({ digest: digestOf(text), size: text.length })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-lfs-'))
  const project = { id: newId('project'), name: 'digits', defaultBranch: 'main', createdAt: instant(0) }
  const settings = { dataDir: folder, publicUrl: '', gatewayUrl: '', version: '' }
  repository = await BareRepository.make({ settings }, project)
  first = repository.commit({ 'a.bin': pointerTo('a1'), text: 'text', large: 'x'.repeat(5000) })
  second = repository.commit({ 'a.bin': pointerTo('a2'), 'ä b.bin': pointerTo('b'), text: 'text' }, first)
  side = repository.commit({ 'a.bin': pointerTo('a1'), text: 'changed', large: pointerTo('large') }, first)
  repository.set('refs/heads/main', first)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = []
  for await (const item of items) found.push(item)
  return found
}
const digests = async (options: WalkOptions) =>
  new Set((await all(pointersIn(repository.directory, options))).map(({ digest }: PointerAt) => digest))

test('pointers are found in all of a history, or in what is new of it', async () => {
  expect(await digests({ from: [second] })).toEqual(new Set([digestOf('a1'), digestOf('a2'), digestOf('b')]))
  expect(await digests({ from: [second], newOnly: true })).toEqual(new Set([digestOf('a2'), digestOf('b')]))
  expect(await digests({ from: [second, side], newOnly: true })).toEqual(
    new Set([digestOf('a2'), digestOf('b'), digestOf('large')]),
  )
  expect(await digests({ from: [first], newOnly: true })).toEqual(new Set())
})

test('a pointer comes with a path at which it stands', async () => {
  const found = await all(pointersIn(repository.directory, { from: [side], newOnly: true }))
  expect(found).toEqual([{ digest: digestOf('large'), size: 5, path: 'large' }])
})

test('what any ref leads to is kept, and nothing else', async () => {
  expect(await lfsObjectsOf(repository.directory)).toEqual(new Set([digestOf('a1')]))
  repository.set('refs/ballast/keep/x', second)
  expect(await lfsObjectsOf(repository.directory)).toEqual(
    new Set([digestOf('a1'), digestOf('a2'), digestOf('b')]),
  )
  repository.git(['update-ref', '-d', 'refs/ballast/keep/x'])
})

test('thousands of pointers are read in batches', async () => {
  const files = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`${i}`, pointerTo(`many ${i}`)]))
  const commit = repository.commit(files)
  expect((await digests({ from: [commit], newOnly: true })).size).toBe(30)
})

test('a commit that is not there fails with words', async () => {
  await expect(
    all(pointersIn(repository.directory, { from: ['f'.repeat(40) as CommitId] })),
  ).rejects.toMatchObject({
    code: 'GIT_FAILED',
  })
})

test('the paths that a push changes are those of its new commits; a merge changes what differs from all its parents', async () => {
  const paths = async (...after: CommitId[]) =>
    [...new Set(await all(changedByPush(repository.directory, after, undefined)))].sort()
  expect(await paths(first)).toEqual([])
  expect(await paths(second)).toEqual(['a.bin', 'large', 'ä b.bin'].sort())
  expect(await paths(side)).toEqual(['large', 'text'])
  const merged = repository.commit(
    { 'a.bin': pointerTo('a2'), text: 'changed', large: pointerTo('large') },
    second,
    side,
  )
  repository.set('refs/heads/one', second)
  repository.set('refs/heads/other', side)
  expect(await paths(merged)).toEqual([])
  const evil = repository.commit({ 'a.bin': pointerTo('neither'), text: 'changed' }, second, side)
  expect(await paths(evil)).toEqual(['a.bin'])
})

test('a quarantine is a folder as git names it, and nothing else', () => {
  expect(isQuarantine('tmp_objdir-incoming-aB3xYz')).toBe(true)
  expect(isQuarantine('incoming-aB3xYz')).toBe(true)
  for (const name of ['', '..', 'tmp_objdir-incoming-', 'tmp_objdir-incoming-../x', '/tmp', 'pack'])
    expect(isQuarantine(name)).toBe(false)
  expect(quarantineEnvironment('/a "b":c', 'incoming-x')).toEqual({
    GIT_OBJECT_DIRECTORY: '/a "b":c/objects/incoming-x',
    GIT_ALTERNATE_OBJECT_DIRECTORIES: '"/a \\"b\\":c/objects"',
  })
})
