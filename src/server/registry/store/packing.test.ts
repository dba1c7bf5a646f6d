import { open, stat, unlink } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  aStore,
  noise,
  packerHere,
  type StoreWorld,
  safetensors,
  weights,
} from '../../../../test/server/store.ts'
import { CoreError, type Digest, digestOf, digestOfFile } from '../../../core/index.ts'
import { RegistryError } from '../../../registry/index.ts'

let world: StoreWorld
beforeEach(async () => {
  world = await aStore()
})
afterEach(() => world.close())

const index = () => world.stores.objects
const rowOf = async (digest: Digest) => (await index().object(digest))!
const nudged = (values: Float32Array, by: number) => values.map((value, i) => value * (1 + by * Math.sin(i)))

test('what is put can be read at once, and reads the same when only its pack is left', async () => {
  const bytes = safetensors({ a: weights('a', 20_000), b: weights('b', 5000) })
  const digest = await world.put(bytes)
  expect(await rowOf(digest)).toMatchObject({ state: 'landed', whole: true, size: bytes.length })
  expect((await world.bytes(digest)).equals(bytes)).toBe(true)
  await world.packAll()
  expect(await rowOf(digest)).toMatchObject({ state: 'packed', whole: false, tries: 0 })
  expect(await world.whole.has(digest)).toBe(false)
  expect(await world.store.has(digest)).toBe(true)
  expect(await world.store.sizeOf(digest)).toBe(bytes.length)
  expect((await world.bytes(digest)).equals(bytes)).toBe(true)
  const range = await buffer(await world.store.stream(digest, { start: 70_001, end: 70_100 }))
  expect(range.equals(bytes.subarray(70_001, 70_100))).toBe(true)
  const source = await world.store.open(digest)
  expect(Buffer.from(await source.read(12, 80_000)).equals(bytes.subarray(12, 80_012))).toBe(true)
  await source.close()
})

test('small objects stay whole files, without a pack', async () => {
  const digest = await world.put(Buffer.from('a label\n'))
  await world.packAll()
  expect(await rowOf(digest)).toMatchObject({ state: 'kept', whole: true })
  expect((await world.keeper.stats()).packs).toBe(0)
})

test('the next version of a file costs what changed, by a hint or by its layout', async () => {
  const base = weights('base', 100_000)
  const first = await world.put(safetensors({ embedding: base, head: weights('head', 1000) }))
  await world.packAll()
  const before = await world.keeper.stats()
  const second = safetensors({ embedding: nudged(base, 1e-4), head: weights('other head', 1000) })
  const digest = await world.put(second)
  await world.packAll()
  const after = await world.keeper.stats()
  expect(after.saved.delta).toBeGreaterThan(0)
  expect(after.storedBytes - before.storedBytes).toBeLessThan(0.8 * before.storedBytes)
  expect((await world.bytes(digest)).equals(second)).toBe(true)
  expect(await index().ancestorsOf(digest, (await rowOf(first)).layout, 4)).toMatchObject([{ digest: first }])
})

test('an object of another project is never a base, nor shown to be there', async () => {
  const base = weights('secret', 50_000)
  await world.put(safetensors({ w: base }))
  await world.packAll()
  const theirs = await world.aProject()
  const bytes = safetensors({ w: nudged(base, 1e-4) })
  await world.store.put(digestOf(bytes), Readable.from([bytes]), {
    project: theirs,
    ancestors: [digestOf(safetensors({ w: base }))],
  })
  await world.packAll()
  expect((await world.keeper.stats()).saved.delta).toBe(0)
})

test('the same bytes in many objects are stored once', async () => {
  const shared = weights('shared', 50_000)
  const digests: Digest[] = []
  for (const name of ['one', 'two', 'three'])
    digests.push(await world.put(safetensors({ shared, own: weights(name, 500) })))
  await world.packAll()
  const { saved, logicalBytes, storedBytes } = await world.keeper.stats()
  expect(saved.dedupe).toBeGreaterThan(1.9 * shared.byteLength)
  expect(storedBytes).toBeLessThan(logicalBytes / 2.5)
  const total = Object.values(saved).reduce((sum, bytes) => sum + bytes, 0)
  expect(logicalBytes - total).toBe(storedBytes)
})

test('a copy is restored once for all who ask, verified, and stays while it is used', async () => {
  const bytes = noise('model', 300_000)
  const digest = await world.put(bytes)
  await world.packAll()
  expect(await world.whole.has(digest)).toBe(false)
  const paths = await Promise.all([1, 2, 3].map(() => world.store.materialize(digest)))
  expect(new Set(paths).size).toBe(1)
  expect(await digestOfFile(paths[0]!)).toBe(digest)
  await world.keeper.settled()
  await world.keeper.evict()
  expect(await world.whole.has(digest)).toBe(true)
  world.pass(11 * 60_000)
  await world.store.materialize(digest)
  world.pass(11 * 60_000)
  await world.keeper.evict()
  expect(await world.whole.has(digest)).toBe(true)
  world.pass(60 * 60_000)
  await world.keeper.evict()
  expect(await world.whole.has(digest)).toBe(false)
})

test('a copy is told of early as what it becomes, and read-only', async () => {
  const bytes = noise('model', 300_000)
  const digest = await world.put(bytes)
  await world.packAll()
  const [early, again] = await Promise.all([1, 2].map(() => world.store.materializeEarly(digest)))
  expect(early).toMatchObject({ verified: false })
  expect(again).toEqual(early)
  const file = await open(early!.path)
  const [{ ino, mode }, read] = await Promise.all([file.stat(), file.readFile()])
  await file.close()
  expect(mode & 0o222).toBe(0)
  expect(digestOf(read)).toBe(digest)
  const path = await world.store.materialize(digest)
  expect((await stat(path)).ino).toBe(ino)
  expect(await world.store.materializeEarly(digest)).toEqual({ path, verified: true })
  await world.keeper.settled()
  expect(await rowOf(digest)).toMatchObject({ whole: true })
})

test('warm copies go, those used longest ago first, down to the budget; what serves stays', async () => {
  world.again({ warmBudget: 250_000 })
  const digests: Digest[] = []
  for (const name of ['a', 'b', 'c', 'd']) {
    digests.push(await world.put(noise(name, 100_000)))
    world.pass(120_000)
  }
  world.roots.push({ digest: digests[0]!, why: 'it serves', warm: true })
  await world.keeper.packWaiting()
  world.pass(3_600_000)
  await buffer(await world.store.stream(digests[1]!))
  world.pass(900_000)
  expect(await world.keeper.evict()).toEqual({ files: 2, bytes: 200_000 })
  expect(await Promise.all(digests.map(digest => world.whole.has(digest)))).toEqual([
    true,
    true,
    false,
    false,
  ])
})

test('a reader goes on while its object is packed and evicted', async () => {
  const bytes = noise('read', 2_000_000)
  const digest = await world.put(bytes)
  const source = await world.store.open(digest)
  const stream = await world.store.stream(digest)
  await world.packAll()
  expect(await world.whole.has(digest)).toBe(false)
  expect(Buffer.from(await source.read(1_999_000, 1000)).equals(bytes.subarray(1_999_000))).toBe(true)
  expect((await buffer(stream)).equals(bytes)).toBe(true)
  await source.close()
})

test('a file that the packer dies of stays whole after three times, with the reason', async () => {
  let packings = 0
  const failing = {
    async pack() {
      packings++
      throw new RegistryError('PACKING_FAILED', { message: 'signal SIGSEGV' })
    },
  }
  world.again({ packer: failing })
  const digest = await world.put(noise('poison', 10_000))
  await world.keeper.packWaiting()
  await world.keeper.packWaiting()
  expect(packings).toBe(3)
  expect(await rowOf(digest)).toMatchObject({ state: 'kept', whole: true, problem: 'signal SIGSEGV' })
  expect((await world.keeper.stats()).failures).toEqual([{ digest, size: 10_000, problem: 'signal SIGSEGV' }])
  expect((await world.bytes(digest)).length).toBe(10_000)
})

test('a server that dies with its packer three times over leaves the object whole', async () => {
  const digest = await world.put(noise('poison', 10_000))
  for (let i = 0; i < 3; i++) await index().beginTry(digest)
  await world.keeper.packWaiting()
  expect(await rowOf(digest)).toMatchObject({
    state: 'kept',
    problem: 'the packer ended 3 times before it was done',
  })
})

test('a full disk stops the packing, loses nothing and is no fault of the object', async () => {
  const full = {
    async pack() {
      throw new CoreError('DISK_FULL', { message: 'No space left' })
    },
  }
  world.again({ packer: full })
  const bytes = noise('full', 10_000)
  const digest = await world.put(bytes)
  for (let i = 0; i < 4; i++)
    await expect(world.keeper.packWaiting()).rejects.toMatchObject({ code: 'DISK_FULL' })
  expect(await rowOf(digest)).toMatchObject({ state: 'landed', tries: 0 })
  world.again({ packer: packerHere(world.whole, world.packs) })
  await world.packAll()
  expect((await world.bytes(digest)).equals(bytes)).toBe(true)
})

test('a chunk that is collected while a packing counts on it makes it begin again', async () => {
  const shared = weights('shared', 20_000)
  await world.put(safetensors({ shared, own: weights('own', 500) }))
  await world.packAll()
  const bytes = safetensors({ shared, own: weights('new', 500) })
  const digest = await world.put(bytes)
  const here = packerHere(world.whole, world.packs)
  let first = true
  world.again({
    packer: {
      async pack(work, signal) {
        await here.pack(work, signal)
        if (!first) return
        first = false
        for (const { id } of await index().packs({ limit: 9 })) await index().removePack(id)
      },
    },
  })
  await world.packAll()
  expect(await rowOf(digest)).toMatchObject({ state: 'packed', tries: 0 })
  expect((await world.bytes(digest)).equals(bytes)).toBe(true)
})

test('a whole file that somebody removed before it was packed is told as damaged, and comes back by a put', async () => {
  const bytes = noise('gone', 10_000)
  const digest = await world.put(bytes)
  await unlink(world.whole.localPath(digest)!)
  await world.keeper.packWaiting()
  expect(await world.store.has(digest)).toBe(false)
  await expect(world.store.open(digest)).rejects.toMatchObject({ code: 'OBJECT_DAMAGED' })
  await world.put(bytes)
  await world.packAll()
  expect((await world.bytes(digest)).equals(bytes)).toBe(true)
})

test('eight puts of one object while it is packed and evicted again and again', async () => {
  const bytes = noise('contended', 200_000)
  const digest = digestOf(bytes)
  await Promise.all([
    ...Array.from({ length: 8 }, () => world.put(bytes)),
    ...Array.from({ length: 4 }, async () => world.packAll()),
  ])
  await world.packAll()
  expect((await world.bytes(digest)).equals(bytes)).toBe(true)
  expect((await world.keeper.stats()).objects).toBe(1)
})
