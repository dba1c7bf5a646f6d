import { copyFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aStore, noise, type StoreWorld, safetensors, weights } from '../../../../test/server/store.ts'
import { type Digest, digestOf, instant } from '../../../core/index.ts'

const HOUR = 3_600_000
const WEEK = 7 * 24 * HOUR
let world: StoreWorld
beforeEach(async () => {
  world = await aStore()
})
afterEach(() => world.close())

const index = () => world.stores.objects
const root = (digest: Digest, project = world.project) =>
  world.roots.push({ digest, project, why: 'version 1 of digits' })
const collect = (options = {}) => world.keeper.collect({ grace: WEEK, ...options })
async function packsOnDisk(): Promise<number> {
  let count = 0
  for await (const _ of world.packs.list()) count++
  return count
}

test('what no root leads to goes when it is older than the grace period; what one leads to stays', async () => {
  const [used, unused] = [noise('used', 50_000), noise('unused', 60_000)]
  root(await world.put(used))
  const digest = await world.put(unused)
  await world.packAll()
  expect(await collect()).toMatchObject({ objects: 2, live: 1, young: 1, removedCount: 0, packsRemoved: 0 })
  world.pass(WEEK)
  const report = await collect()
  expect(report).toMatchObject({ live: 1, young: 0, removedCount: 1, removedBytes: 60_000, packsRemoved: 1 })
  expect(report.removed).toMatchObject([{ digest, size: 60_000 }])
  expect(report.freedBytes).toBeGreaterThan(50_000)
  expect(await world.store.has(digest)).toBe(false)
  await expect(world.store.open(digest)).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' })
  expect(await packsOnDisk()).toBe(1)
  expect((await world.bytes(digestOf(used))).equals(used)).toBe(true)
})

test('a dry run says the same, and removes nothing', async () => {
  const digest = await world.put(noise('unused', 60_000))
  await world.packAll()
  world.pass(WEEK + 1)
  const said = await collect({ dryRun: true })
  expect(await world.store.has(digest)).toBe(true)
  expect(await collect()).toEqual(said)
  expect(await world.store.has(digest)).toBe(false)
})

test('what is put again is young again', async () => {
  const bytes = noise('again', 50_000)
  const digest = await world.put(bytes)
  world.pass(2 * WEEK)
  await world.put(bytes)
  expect(await collect()).toMatchObject({ young: 1, removedCount: 0 })
  expect(await world.store.has(digest)).toBe(true)
})

test('an object whose base is collected reads on: its chunks stay', async () => {
  const base = weights('base', 60_000)
  await world.put(safetensors({ w: base }))
  await world.packAll()
  const bytes = safetensors({ w: base.map((value, i) => value * (1 + 1e-4 * Math.sin(i))) })
  const digest = await world.put(bytes)
  await world.packAll()
  expect((await world.keeper.stats()).saved.delta).toBeGreaterThan(0)
  root(digest)
  world.pass(WEEK + 1)
  expect(await collect()).toMatchObject({ removedCount: 1, packsRemoved: 0 })
  expect((await world.bytes(digest)).equals(bytes)).toBe(true)
  world.roots.length = 0
  expect(await collect()).toMatchObject({ removedCount: 1, packsRemoved: 2 })
  expect(await packsOnDisk()).toBe(0)
})

test('a pack of which little is needed is written again without the rest', async () => {
  const shared = weights('shared', 30_000)
  await world.put(safetensors({ shared, own: weights('much', 90_000) }))
  await world.packAll()
  const bytes = safetensors({ shared, own: weights('little', 300) })
  const digest = await world.put(bytes)
  await world.packAll()
  root(digest)
  world.pass(WEEK + 1)
  const before = await world.keeper.stats()
  const report = await collect()
  expect(report).toMatchObject({ removedCount: 1, packsRewritten: 1, packsRemoved: 0 })
  const after = await world.keeper.stats()
  expect(before.storedBytes - after.storedBytes).toBe(report.freedBytes)
  expect(report.freedBytes).toBeGreaterThan(200_000)
  expect((await world.bytes(digest)).equals(bytes)).toBe(true)
  expect(await collect()).toMatchObject({ packsRewritten: 0, freedBytes: 0 })
})

test('a read that looked just before its pack was written again finds the new one', async () => {
  const shared = weights('shared', 30_000)
  await world.put(safetensors({ shared, own: weights('much', 90_000) }))
  await world.packAll()
  const bytes = safetensors({ shared, own: weights('little', 300) })
  const digest = await world.put(bytes)
  await world.packAll()
  // The pack of its own chunks and recipe, moved while a reader holds its row.
  const { pack } = (await index().object(digest))!
  const found = index().object
  let looks = 0
  const to = await world.packs.draft()
  await copyFile(world.packs.localPath(pack!), to.path)
  await to.commit()
  const places = (await index().chunksOfPack(pack!)).map(place => ({ ...place, pack: to.id }))
  const { size } = (await index().packs({ limit: 9 })).find(({ id }) => id === pack)!
  const move = async () => {
    await index().movePack(pack!, { id: to.id, size, createdAt: instant(1) }, places)
    await world.packs.remove(pack!)
  }
  world.again({
    index: {
      ...index(),
      async object(asked) {
        const object = await found(asked)
        if (asked === digest && looks++ === 0) await move()
        return object
      },
    },
  })
  expect((await world.bytes(digest)).equals(bytes)).toBe(true)
})

test('an object that one project lets go and another needs stays, and counts for the other only', async () => {
  const bytes = noise('shared', 50_000)
  const digest = await world.put(bytes)
  const other = await world.aProject()
  await world.store.put(digest, Readable.from([bytes]), { project: other })
  root(digest, other)
  world.pass(WEEK + 1)
  expect(await collect()).toMatchObject({ removedCount: 0 })
  expect(await index().holdersOf(digest)).toEqual([other])
  expect(await index().usage(world.project)).toEqual({ objects: 0, bytes: 0 })
})

test('a root that can not be read stops the collection: nothing goes', async () => {
  const digest = await world.put(noise('unused', 50_000))
  world.pass(WEEK + 1)
  const broken = world.again({
    // biome-ignore lint/correctness/useYield: it fails before it has any.
    async *roots() {
      throw new Error('the database is locked')
    },
  })
  await expect(broken.collect({ grace: WEEK })).rejects.toThrow('the database is locked')
  expect(await world.store.has(digest)).toBe(true)
})

test('objects that are put while a collection runs are whole afterwards', async () => {
  const all = Array.from({ length: 30 }, (_, i) => noise(`object ${i}`, 20_000))
  for (const bytes of all) await world.put(bytes)
  await world.packAll()
  world.pass(WEEK + 1)
  const again = all.filter((_, i) => i % 2 === 0)
  await Promise.all([collect(), ...again.map(bytes => world.put(bytes))])
  await world.packAll()
  for (const bytes of again) expect((await world.bytes(digestOf(bytes))).equals(bytes)).toBe(true)
})

test('a project may hold so many bytes, and no more', async () => {
  await index().setQuota(world.project, 100_000)
  const bytes = noise('first', 60_000)
  await world.put(bytes)
  await world.put(bytes)
  const more = noise('second', 60_000)
  const refused = {
    code: 'QUOTA_EXCEEDED',
    message: 'The project holds 60 kB of the 100 kB that it may; 60 kB more do not fit',
    details: { used: 60_000, quota: 100_000, more: 60_000 },
  }
  await expect(world.put(more)).rejects.toMatchObject(refused)
  expect(await world.store.has(digestOf(more))).toBe(false)
  let read = 0
  const announced = Readable.from(
    (function* () {
      read++
      yield more
    })(),
  )
  const options = { project: world.project, size: more.length }
  await expect(world.store.put(digestOf(more), announced, options)).rejects.toMatchObject(refused)
  expect([read, announced.destroyed]).toEqual([0, true])
  await expect(world.store.allow(world.project, 40_001)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
  await world.store.allow(world.project, 40_000)
  expect(await index().usage(world.project)).toEqual({ objects: 1, bytes: 60_000, quota: 100_000 })
  await index().setQuota(world.project, undefined)
  await world.put(more)
})

test('what another project holds is not lost when a quota refuses it to this one', async () => {
  const bytes = noise('theirs', 60_000)
  const other = await world.aProject()
  await world.store.put(digestOf(bytes), Readable.from([bytes]), { project: other })
  await index().setQuota(world.project, 10_000)
  await expect(world.put(bytes)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
  expect((await world.bytes(digestOf(bytes))).equals(bytes)).toBe(true)
  expect(await index().holdersOf(digestOf(bytes))).toEqual([other])
})
