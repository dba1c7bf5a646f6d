import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newId, type PackId } from '../../core/index.ts'
import { DiskPackStore } from './packs.ts'

let root: string
let store: DiskPackStore
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ballast-packs-'))
  store = await DiskPackStore.open(root)
})
afterEach(() => rm(root, { recursive: true }))

async function aPack(content = 'a pack'): Promise<PackId> {
  const { id, path, commit } = await store.draft()
  await writeFile(path, content)
  await commit()
  return id
}

async function listed(of = store) {
  const found: { readonly id: PackId; readonly size: number; readonly modifiedAt: number }[] = []
  for await (const pack of of.list()) found.push(pack)
  return found.toSorted((a, b) => a.size - b.size)
}

test('a pack is a read-only file under the last two characters of its id', async () => {
  const id = await aPack()
  const path = store.localPath(id)
  expect(relative(root, path)).toBe(join('packs', id.slice(-2), id))
  expect((await stat(path)).mode & 0o777).toBe(0o444)
  const source = await store.open(id)
  expect(source.name).toBe(id)
  expect(Buffer.from(await source.read(2, 4)).toString()).toBe('pack')
  await source.close()
  expect(await readdir(join(root, 'tmp'))).toEqual([])
})

test('a draft is nobody’s until it is committed, and leaves nothing when it is abandoned', async () => {
  const draft = await store.draft()
  await writeFile(draft.path, 'half')
  expect(await listed()).toEqual([])
  await expect(store.open(draft.id)).rejects.toMatchObject({ code: 'PACK_NOT_FOUND' })
  // What sweeps leftovers of uploads finds this too.
  expect(draft.path).toMatch(/\.part$/)
  await draft.abandon()
  await draft.abandon()
  expect(await readdir(join(root, 'tmp'))).toEqual([])
})

test('all packs are listed, and nothing that is not one', async () => {
  const ids = [await aPack('1'), await aPack('22'), await aPack('333')]
  await writeFile(join(root, 'packs', 'notes.txt'), 'x')
  await mkdir(join(root, 'packs', 'zz'), { recursive: true })
  await writeFile(join(root, 'packs', 'zz', 'pak_of_somebody'), 'x')
  const wrongFolder = newId('pack').slice(0, -2)
  await writeFile(join(root, 'packs', 'zz', `${wrongFolder}yy`), 'x')
  const again = await DiskPackStore.open(root)
  const found = await listed(again)
  expect(found.map(({ id, size }) => ({ id, size }))).toEqual(
    ids.map((id, index) => ({ id, size: index + 1 })),
  )
  expect(found.every(({ modifiedAt }) => Math.abs(Date.now() - modifiedAt) < 3_600_000)).toBe(true)
})

test('one that is removed is gone, and removing it again is nothing; who has it open reads on', async () => {
  const id = await aPack()
  const source = await store.open(id)
  await store.remove(id)
  await store.remove(id)
  await expect(store.open(id)).rejects.toMatchObject({ code: 'PACK_NOT_FOUND', details: { pack: id } })
  expect(Buffer.from(await source.read(0, 6)).toString()).toBe('a pack')
  await source.close()
})

test('a damaged one is set aside with its bytes', async () => {
  const id = await aPack()
  const there = await store.quarantine(id)
  expect(await readFile(there, 'utf8')).toBe('a pack')
  expect(relative(root, there)).toMatch(/^quarantine/)
  expect(await listed()).toEqual([])
  await expect(store.quarantine(id)).rejects.toMatchObject({ code: 'PACK_NOT_FOUND' })
})

test.each(['../../etc/passwd', 'pak_', '', 'pak_../../../../../../x', 'ver_1m8fwa18v000vd7tffkb'])(
  'the id %j is no path',
  async text => {
    const id = text as PackId
    for (const use of [store.open(id), store.remove(id), store.quarantine(id)])
      await expect(use).rejects.toMatchObject({ code: 'PACK_NOT_FOUND' })
  },
)

test('a draft that somebody took away can’t be committed', async () => {
  const draft = await store.draft()
  await rm(draft.path)
  await expect(draft.commit()).rejects.toMatchObject({ code: 'ENOENT' })
  expect(await listed()).toEqual([])
})
