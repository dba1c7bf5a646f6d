import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  bfloat16Of,
  fineTuned,
  PackWorld,
  randomOf,
  safetensorsOf,
  weights,
} from '../../../test/fixtures/pack-world.ts'
import { digestOf, newId, sourceOf } from '../../core/index.ts'
import { openPacked } from './open.ts'
import { packObject } from './pack-object.ts'
import { restore } from './restore.ts'
import { PieceThreads } from './threads/pool.ts'
import type { Recipe } from './types.ts'

let world: PackWorld
beforeEach(async () => {
  world = await PackWorld.open()
})
afterEach(() => world.close())

const TENSORS = ['a', 'b', 'c'].map((name, index) => ({ name, values: weights(300_000, index) }))

/** Three tensors of a piece each; later seeds are fine-tunes of the same. */
function model(seed: number, prefix = ''): Uint8Array {
  const data = tuned.get(seed) ?? TENSORS.map(({ values }) => bfloat16Of(fineTuned(values, seed)))
  tuned.set(seed, data)
  return safetensorsOf(
    TENSORS.map(({ name }, index) => ({ name: prefix + name, dtype: 'BF16', data: data[index]! })),
  )
}
const tuned = new Map<number, readonly Uint8Array[]>()

async function restoreAt(
  recipe: Recipe,
  change: Partial<Parameters<typeof restore>[0]> = {},
): Promise<Buffer> {
  const { find, packs, codec, threads } = world
  const path = join(world.folder, 'file')
  await restore({ recipe, find, packs, codec, threads, path, ...change })
  return readFile(change.path ?? path)
}

test('a file is restored, over whatever was there, and its progress told', async () => {
  const bytes = model(1)
  const { recipe } = await world.pack(bytes)
  const told: number[] = []
  const longer = await world.pack(Buffer.concat([bytes, bytes]))
  expect(longer.recipe.pieces.length).toBeGreaterThan(3)
  await restoreAt(longer.recipe)
  const file = await restoreAt(recipe, { onProgress: written => told.push(written), sync: true })
  expect(digestOf(file)).toBe(digestOf(bytes))
  expect(told).toEqual(told.toSorted((a, b) => a - b))
  expect(told.at(-1)).toBe(bytes.byteLength)
})

test('that all is written is told before it is compared', async () => {
  const bytes = model(1)
  const { recipe, id, places } = await world.pack(bytes)
  const path = join(world.folder, 'file')
  const read: Buffer[] = []
  const onWritten = async () => void read.push(await readFile(path))
  await restoreAt(recipe, { onWritten })
  const pack = await world.packBytes(id)
  const place = places.findLast(({ encoding }) => encoding !== 'zstd')!
  pack[place.offset + place.stored - 1000]! ^= 1
  await world.replacePack(id, pack)
  await expect(restoreAt(recipe, { onWritten })).rejects.toMatchObject({ code: 'PACK_CORRUPT' })
  expect(digestOf(read[0]!)).toBe(digestOf(bytes))
  expect(read).toHaveLength(2)
  expect(digestOf(read[1]!)).not.toBe(digestOf(bytes))
})

test('an empty file too', async () => {
  const { recipe } = await world.pack(new Uint8Array())
  expect(await restoreAt(recipe)).toHaveLength(0)
})

test('many at once share the threads', async () => {
  const all = await Promise.all([1, 2, 3, 4].map(seed => world.pack(model(seed))))
  const files = await Promise.all(
    all.map(({ recipe }, index) => restoreAt(recipe, { path: join(world.folder, `${index}`) })),
  )
  expect(files.map(digestOf)).toEqual(all.map(({ recipe }) => recipe.digest))
})

test('only what is needed is read of one tensor', async () => {
  const { recipe } = await world.pack(model(1))
  const { offset, length } = recipe.tensors[1]!
  world.asked.length = 0
  const source = world.source(recipe)
  const bytes = await source.read(offset, length)
  await source.close()
  expect(digestOf(bytes)).toBe(digestOf(model(1).subarray(offset, offset + length)))
  expect(world.asked).toHaveLength(1)
})

test('pieces that lie in more packs than stay open are read by many at once', async () => {
  const parts = Array.from({ length: 20 }, (_, seed) => {
    const random = randomOf(seed)
    return Uint8Array.from({ length: 20_000 }, () => 256 * random())
  })
  for (const part of parts) await world.pack(part)
  const recipe: Recipe = {
    digest: digestOf(Buffer.concat(parts)),
    size: 20_000 * parts.length,
    tensors: [],
    pieces: parts.map(part => ({ chunk: digestOf(part), length: part.byteLength })),
  }
  const source = world.source(recipe)
  const all = await Promise.all(
    Array.from({ length: 60 }, (_, index) => source.read(20_000 * ((index * 7) % 20), 20_000)),
  )
  await source.close()
  for (const [index, bytes] of all.entries()) expect(digestOf(bytes)).toBe(digestOf(parts[(index * 7) % 20]!))
  expect(digestOf(await restoreAt(recipe))).toBe(recipe.digest)
})

describe('a disk without room', () => {
  test('ends a restore, as what it is', async () => {
    const { recipe } = await world.pack(model(1))
    await expect(restoreAt(recipe, { path: '/dev/full' })).rejects.toMatchObject({ code: 'DISK_FULL' })
    const huge = { ...recipe, size: 2 ** 60 }
    const path = join(world.folder, 'huge')
    await expect(restoreAt(huge, { path })).rejects.toMatchObject({ code: 'DISK_FULL' })
    await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('ends a packing', async () => {
    const packing = packObject({
      source: sourceOf(model(1)),
      name: 'm.safetensors',
      known: world.find,
      bases: [],
      codec: world.codec,
      draft: { id: newId('pack'), path: '/dev/full' },
    })
    await expect(packing).rejects.toMatchObject({ code: 'DISK_FULL' })
  })
})

test('threads that are closed meanwhile end what runs in them, and nothing hangs', async () => {
  const { recipe } = await world.pack(model(1))
  const threads = new PieceThreads(2)
  const restoring = restoreAt(recipe, { threads })
  const closing = threads.close()
  await expect(restoring).rejects.toThrow(/closed/)
  await closing
})

describe('a stream in threads', () => {
  const streamed = async (recipe: Recipe, range?: { readonly start: number; readonly end: number }) => {
    const { find, packs, codec, threads } = world
    const source = openPacked({ recipe, find, packs, codec, ahead: { threads, packs } })
    try {
      return Buffer.concat(await source.stream(range).toArray())
    } finally {
      await source.close()
    }
  }

  test('gives the whole, and any long range of it', async () => {
    const long = Buffer.concat([1, 2, 3, 4].map(seed => model(seed, `${seed}.`)))
    const { recipe } = await world.pack(long)
    expect(digestOf(await streamed(recipe))).toBe(recipe.digest)
    for (const [start, end] of [
      [0, 5_000_000],
      [1, 4_300_000],
      [123_456, 7_000_001],
      [long.length - 4_200_000, long.length],
      [77, 77],
    ] as const)
      expect(Buffer.compare(await streamed(recipe, { start, end }), long.subarray(start, end))).toBe(0)
  })

  test('tells a damaged chunk, and gives nothing of it', async () => {
    const long = Buffer.concat([1, 2, 3].map(seed => model(seed, `${seed}.`)))
    const { recipe, id, places } = await world.pack(long)
    const bytes = await world.packBytes(id)
    const place = places.at(-1)!
    bytes[place.offset + 9]! ^= 4
    await world.replacePack(id, bytes)
    await expect(streamed(recipe)).rejects.toMatchObject({
      code: 'PACK_CORRUPT',
      details: { chunk: place.chunk, pack: id, object: recipe.digest },
    })
  })

  test('one that is left in the middle frees its files and threads', async () => {
    const { recipe } = await world.pack(Buffer.concat([1, 2, 3].map(seed => model(seed, `${seed}.`))))
    const { find, packs, codec, threads } = world
    const source = openPacked({ recipe, find, packs, codec, ahead: { threads, packs } })
    for await (const _ of source.stream()) break
    await source.close()
    expect(digestOf(await restoreAt(recipe))).toBe(recipe.digest)
  })
})

describe('of damaged packs', () => {
  test.each(['a body', 'a base'])('%s that was altered is told by chunk, pack and object', async which => {
    const first = await world.pack(model(1))
    const second = await world.pack(model(2), { bases: [first.recipe] })
    const { id, places } = which === 'a body' ? second : first
    const place = places.findLast(({ encoding }) => encoding !== 'zstd')!
    const bytes = await world.packBytes(id)
    bytes[place.offset + 1000]! ^= 1
    await world.replacePack(id, bytes)
    const expected = {
      code: 'PACK_CORRUPT',
      details: { pack: id, chunk: place.chunk, object: second.recipe.digest },
    }
    await expect(restoreAt(second.recipe)).rejects.toMatchObject(expected)
    await expect(world.bytesOf(second.recipe)).rejects.toMatchObject(expected)
  })

  test('one that breaks off', async () => {
    const { recipe, id } = await world.pack(model(1))
    await world.replacePack(id, (await world.packBytes(id)).subarray(0, 500_000))
    const expected = { code: 'PACK_CORRUPT', details: { pack: id, object: recipe.digest } }
    await expect(restoreAt(recipe)).rejects.toMatchObject(expected)
    await expect(world.bytesOf(recipe)).rejects.toMatchObject(expected)
  })

  test('one that is gone', async () => {
    const { recipe, id } = await world.pack(model(1))
    await world.packs.remove(id)
    await expect(restoreAt(recipe)).rejects.toMatchObject({ code: 'PACK_NOT_FOUND' })
    await expect(world.bytesOf(recipe)).rejects.toMatchObject({ code: 'PACK_NOT_FOUND' })
  })

  test('a recipe of sound pieces that are another file', async () => {
    const { recipe } = await world.pack(model(1))
    const lying = { ...recipe, digest: digestOf('another') }
    await expect(restoreAt(lying)).rejects.toMatchObject({
      code: 'PACK_CORRUPT',
      details: { object: digestOf('another') },
    })
  })

  test('the threads go on with sound ones', async () => {
    const [bad, good] = [await world.pack(model(1)), await world.pack(model(7, 'other.'))]
    await world.replacePack(bad.id, new Uint8Array(100))
    await expect(restoreAt(bad.recipe)).rejects.toMatchObject({ code: 'PACK_CORRUPT' })
    expect(digestOf(await restoreAt(good.recipe))).toBe(good.recipe.digest)
  })
})

describe('of an index that lies', () => {
  test('a chunk that it lost', async () => {
    const { recipe, places } = await world.pack(model(1))
    world.places.delete(places[1]!.chunk)
    await expect(restoreAt(recipe)).rejects.toMatchObject({
      code: 'PACK_CORRUPT',
      details: { chunk: places[1]!.chunk, object: recipe.digest },
    })
  })

  test('a delta of itself, or in a circle', async () => {
    const first = await world.pack(model(1))
    const { recipe, places } = await world.pack(model(2), { bases: [first.recipe] })
    const delta = places.find(({ base }) => base !== undefined)!
    const base = world.places.get(delta.base!)!
    for (const circle of [
      { ...delta, base: delta.chunk },
      { ...base, base: delta.chunk, encoding: 'delta' as const },
    ]) {
      world.places.set(circle.chunk, circle)
      await expect(restoreAt(recipe)).rejects.toMatchObject({ code: 'PACK_CORRUPT' })
      await expect(world.bytesOf(recipe)).rejects.toMatchObject({ code: 'PACK_CORRUPT' })
      world.places.set(delta.chunk, delta)
    }
  })

  test('a chunk that is longer', async () => {
    const { recipe, places } = await world.pack(model(1))
    world.places.set(places[0]!.chunk, { ...places[0]!, length: places[0]!.length + 1 })
    await expect(restoreAt(recipe)).rejects.toMatchObject({ code: 'PACK_CORRUPT' })
  })

  test('a pack that a collection replaced meanwhile is looked up again', async () => {
    const { recipe, id, places } = await world.pack(model(1))
    const moved = await world.packs.draft()
    await writeFile(moved.path, await world.packBytes(id))
    await moved.commit()
    await world.packs.remove(id)
    let asked = 0
    const find: typeof world.find = async chunks => {
      const found = await world.find(chunks)
      if (asked++ === 0) return found
      return new Map([...found].map(([chunk, place]) => [chunk, { ...place, pack: moved.id }]))
    }
    expect(digestOf(await restoreAt(recipe, { find }))).toBe(recipe.digest)
    expect(places.length).toBeGreaterThan(1)
  })
})
