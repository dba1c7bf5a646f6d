import { chmod, open, readdir, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aStore, noise, type StoreWorld, safetensors, weights } from '../../../../test/server/store.ts'
import { type Digest, digestOf, type PackId } from '../../../core/index.ts'
import type { Finding } from '../../../registry/index.ts'
import { DiskBlobStore, DiskPackStore, openSqlite } from '../../../storage/index.ts'

let world: StoreWorld
beforeEach(async () => {
  world = await aStore()
})
afterEach(() => world.close())

const index = () => world.stores.objects
const rowOf = async (digest: Digest) => (await index().object(digest))!
const check = (repair = false) => world.keeper.check({ repair })
const kinds = (findings: readonly Finding[]) =>
  findings.map(({ kind, done }) => (done ? `${kind} ${done}` : kind))
const quarantined = () => readdir(join(world.root, 'quarantine')).catch(() => [])

/** Turns one bit of a file, as a failing disk does. */
async function damage(path: string, at: number): Promise<void> {
  await chmod(path, 0o600)
  const file = await open(path, 'r+')
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, at)
  await file.write(Buffer.from([byte[0]! ^ 0x10]), 0, 1, at)
  await file.close()
}

const packOf = async (digest: Digest): Promise<PackId> => (await rowOf(digest)).pack!

/** In the middle of the largest body of the object's pack. */
async function damageChunk(digest: Digest): Promise<void> {
  const pack = await packOf(digest)
  const [largest] = (await index().chunksOfPack(pack)).toSorted((a, b) => b.stored - a.stored)
  await damage(world.packs.localPath(pack), largest!.offset + Math.floor(largest!.stored / 2))
}

test('a sound store has no findings, and everything was looked at', async () => {
  await world.put(noise('packed', 300_000))
  await world.packAll()
  await world.put(noise('whole', 50_000))
  await world.put(Buffer.from('small'))
  const seen: number[] = []
  const report = await world.keeper.check({ repair: false, onProgress: done => seen.push(done) })
  expect(report).toMatchObject({ objects: 3, packs: 1, findings: [], damaged: 0 })
  expect(report.chunks).toBe((await world.keeper.stats()).chunks)
  expect(seen.at(-1)).toBe(report.bytes)
  expect(await check(true)).toMatchObject({ findings: [], damaged: 0 })
})

test('an altered byte in a pack is never served, in any way of reading', async () => {
  const bytes = safetensors({ w: weights('w', 60_000) })
  const digest = await world.put(bytes)
  await world.packAll()
  await damageChunk(digest)
  const corrupt = { code: 'PACK_CORRUPT', message: expect.stringContaining(digest) }
  await expect(world.bytes(digest)).rejects.toMatchObject(corrupt)
  await expect(world.store.materialize(digest)).rejects.toMatchObject(corrupt)
  expect(await world.whole.has(digest)).toBe(false)
  expect(await readdir(join(world.root, 'tmp'))).toEqual([])
  const early = await world.store.materializeEarly(digest).catch(error => error)
  if (early instanceof Error) expect(early).toMatchObject(corrupt)
  else expect(early.verified).toBe(false)
  await expect(world.store.materialize(digest)).rejects.toMatchObject(corrupt)
  expect(await readdir(join(world.root, 'tmp'))).toEqual([])
  const source = await world.store.open(digest)
  await expect(source.read(0, bytes.length)).rejects.toMatchObject(corrupt)
  await source.close()
})

test('an altered chunk is found; without another copy the object is recorded as damaged, by who needs it', async () => {
  const lost = await world.put(safetensors({ w: weights('lost', 60_000) }))
  const sound = safetensors({ w: weights('sound', 60_000) })
  await world.put(sound)
  await world.packAll()
  world.roots.push({ digest: lost, why: 'version 3 of digits, model.safetensors' })
  await damageChunk(lost)
  const told = await check()
  expect(kinds(told.findings)).toEqual(['chunk-corrupt', 'object-damaged'])
  expect(told.findings.at(-1)).toMatchObject({
    object: lost,
    neededBy: ['version 3 of digits, model.safetensors'],
  })
  expect(await rowOf(lost)).toMatchObject({ state: 'packed' })
  const report = await check(true)
  expect(report.damaged).toBe(1)
  expect(kinds(report.findings)).toContain('object-damaged recorded')
  expect(kinds(report.findings)).toContain('pack-corrupt quarantined')
  expect(await quarantined()).toHaveLength(1)
  await expect(world.store.open(lost)).rejects.toMatchObject({ code: 'OBJECT_DAMAGED' })
  expect((await world.bytes(digestOf(sound))).equals(sound)).toBe(true)
  await world.put(safetensors({ w: weights('lost', 60_000) }))
  await world.packAll()
  expect(await check()).toMatchObject({ findings: [], damaged: 0 })
})

test('an altered chunk is taken from a warm copy, and nothing is lost', async () => {
  const bytes = safetensors({ w: weights('w', 60_000) })
  const digest = await world.put(bytes)
  await world.packAll()
  await world.store.materialize(digest)
  await world.keeper.settled()
  await damageChunk(digest)
  const report = await check(true)
  expect(kinds(report.findings)).toContain('chunk-corrupt repaired')
  expect(report.damaged).toBe(0)
  world.pass(3_600_000)
  await world.keeper.evict()
  expect(await world.whole.has(digest)).toBe(false)
  expect((await world.bytes(digest)).equals(bytes)).toBe(true)
  expect(await check()).toMatchObject({ findings: [], damaged: 0 })
})

test('what stands on an altered chunk is damaged with it, and read again once its base is mended', async () => {
  const base = weights('base', 60_000)
  const first = safetensors({ w: base })
  const digest = await world.put(first)
  await world.packAll()
  const second = safetensors({ w: base.map((value, i) => value * (1 + 1e-4 * Math.sin(i))) })
  await world.put(second)
  await world.packAll()
  expect((await world.keeper.stats()).saved.delta).toBeGreaterThan(0)
  await damageChunk(digest)
  expect((await check()).damaged).toBe(2)
  // The base comes again from somebody: a put of what is packed keeps its whole file.
  await world.put(first)
  expect((await check(true)).damaged).toBe(0)
  world.pass(3_600_000)
  await world.keeper.evict()
  expect((await world.bytes(digestOf(second))).equals(second)).toBe(true)
  expect((await world.bytes(digest)).equals(first)).toBe(true)
  expect(await check()).toMatchObject({ findings: [], damaged: 0 })
})

test('an altered whole file goes to the quarantine; its pack has the bytes, or it is damaged', async () => {
  const [packed, only] = [noise('packed', 50_000), noise('only', 50_000)]
  await world.put(packed)
  await world.packAll()
  await world.store.materialize(digestOf(packed))
  await world.keeper.settled()
  await world.put(only)
  for (const bytes of [packed, only]) await damage(world.whole.localPath(digestOf(bytes))!, 40_000)
  expect(kinds((await check()).findings)).toEqual(['whole-corrupt', 'whole-corrupt', 'object-damaged'])
  const report = await check(true)
  expect(kinds(report.findings).toSorted()).toEqual([
    'object-damaged',
    'whole-corrupt quarantined',
    'whole-corrupt repaired',
  ])
  expect(await quarantined()).toHaveLength(2)
  expect((await world.bytes(digestOf(packed))).equals(packed)).toBe(true)
  await expect(world.store.open(digestOf(only))).rejects.toMatchObject({ code: 'OBJECT_DAMAGED' })
})

test('a pack that is gone: objects with a whole file are packed again, the others are damaged', async () => {
  const [warm, cold] = [noise('warm', 50_000), noise('cold', 50_000)]
  for (const bytes of [warm, cold]) await world.put(bytes)
  await world.packAll()
  await world.store.materialize(digestOf(warm))
  await world.keeper.settled()
  for (const bytes of [warm, cold]) await unlink(world.packs.localPath(await packOf(digestOf(bytes))))
  const report = await check(true)
  expect(report.damaged).toBe(1)
  expect(await rowOf(digestOf(warm))).toMatchObject({ state: 'landed', whole: true })
  expect(await rowOf(digestOf(cold))).toMatchObject({ state: 'damaged', whole: false })
  await world.packAll()
  expect((await world.bytes(digestOf(warm))).equals(warm)).toBe(true)
})

test('a pack whose records are altered keeps its chunks for the others', async () => {
  const shared = weights('shared', 60_000)
  const first = await world.put(safetensors({ shared, own: weights('first', 500) }))
  await world.packAll()
  const second = safetensors({ shared, own: weights('second', 500) })
  await world.put(second)
  await world.packAll()
  const path = world.packs.localPath(await packOf(first))
  const { size } = await open(path).then(async file => {
    const stat = await file.stat()
    await file.close()
    return stat
  })
  await damage(path, size - 10)
  const report = await check(true)
  expect(report.damaged).toBe(1)
  expect(await rowOf(first)).toMatchObject({ state: 'damaged' })
  expect((await world.bytes(digestOf(second))).equals(second)).toBe(true)
  expect((await check()).findings.filter(({ kind }) => kind !== 'object-damaged')).toEqual([])
})

test('the index is made again from what lies on the disk', async () => {
  const base = weights('base', 60_000)
  const all = [
    safetensors({ w: base }),
    safetensors({ w: base.map((value, i) => value * (1 + 1e-4 * Math.sin(i))) }),
    noise('else', 100_000),
  ]
  for (const bytes of all) {
    await world.put(bytes)
    await world.packAll()
  }
  const whole = noise('whole', 50_000)
  await world.put(whole)
  const { objects, packs, chunks } = await world.keeper.stats()
  const stores = await openSqlite(':memory:')
  const [files, disk] = [await DiskBlobStore.open(world.root), await DiskPackStore.open(world.root)]
  const again = world.again({ index: stores.objects, whole: files, packs: disk })
  expect(kinds((await again.check({ repair: false })).findings).toSorted()).toEqual([
    'pack-unknown',
    'pack-unknown',
    'pack-unknown',
    'whole-unknown',
  ])
  expect(await again.adopt()).toEqual({ files: 1, objects: 3, packs: 3 })
  expect(await again.adopt()).toEqual({ files: 0, objects: 0, packs: 0 })
  expect(await again.stats()).toMatchObject({ objects, packs, chunks })
  for (const bytes of [...all, whole]) expect((await world.bytes(digestOf(bytes))).equals(bytes)).toBe(true)
  await again.close()
  await stores.close()
  world.again()
})

test('the folder of an older release opens: its blobs are met, and packed', async () => {
  const bytes = noise('from before', 100_000)
  await world.whole.put(digestOf(bytes), Readable.from([bytes]))
  expect((await world.bytes(digestOf(bytes))).equals(bytes)).toBe(true)
  expect(await world.keeper.adopt()).toMatchObject({ files: 1 })
  await world.packAll()
  expect(await rowOf(digestOf(bytes))).toMatchObject({ state: 'packed', whole: false })
  expect((await world.bytes(digestOf(bytes))).equals(bytes)).toBe(true)
})

test('a copy that was restored and not synced before a crash is not trusted', async () => {
  const bytes = noise('model', 100_000)
  const digest = await world.put(bytes)
  await world.packAll()
  const draft = await world.whole.draft(digest)
  await writeFile(draft.path, 'what a power cut left')
  await draft.commit()
  await world.again().adopt()
  expect(await world.whole.has(digest)).toBe(false)
  expect((await world.bytes(digest)).equals(bytes)).toBe(true)
})

test('a pack that was durable when the server died is taken in, not made again', async () => {
  const bytes = noise('model', 100_000)
  const digest = await world.put(bytes)
  await world.keeper.packWaiting()
  const pack = await packOf(digest)
  // As a crash between the pack's commit and the rows leaves it.
  await index().removePack(pack)
  await index().requeue(digest)
  expect(await world.again().adopt()).toEqual({ files: 0, objects: 1, packs: 1 })
  expect(await rowOf(digest)).toMatchObject({ state: 'packed', pack, whole: true })
})

test('a server that stops ends a check and a collection; the next one goes on', async () => {
  const bytes = noise('model', 100_000)
  const digest = await world.put(bytes)
  world.roots.push({ digest, why: 'version 1 of digits' })
  await world.keeper.packWaiting()
  const works = [check(true), world.keeper.collect({ grace: 0 })]
  const ends = Promise.allSettled(works)
  await world.keeper.close()
  const stopped = { status: 'rejected', reason: { code: 'PACKING_STOPPED' } }
  expect(await ends).toMatchObject([stopped, stopped])
  world.again()
  expect(await check(true)).toMatchObject({ findings: [], damaged: 0 })
  expect((await world.bytes(digest)).equals(bytes)).toBe(true)
})
