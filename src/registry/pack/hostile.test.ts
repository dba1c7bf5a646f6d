import { crc32, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  bfloat16Of,
  fineTuned,
  PackWorld,
  safetensorsOf,
  weights,
} from '../../../test/fixtures/pack-world.ts'
import { BallastError, type Digest, digestOf, hexOf, newId, sourceOf } from '../../core/index.ts'
import { checkBody } from './chain.ts'
import { bytesOfDigest, bytesOfU32s, bytesOfU64 } from './cursor.ts'
import { type Footer, footer, header, viewOf } from './format.ts'
import { openPacked } from './open.ts'
import { readPack } from './read.ts'
import { writeRecipe } from './recipe.ts'
import { writeRecords } from './records.ts'
import { finderOf } from './single/files.ts'
import type { ChunkPlace, Recipe } from './types.ts'

const ID = newId('pack')

/** Reads a pack as an attacker made it, and the first file in it. */
async function fileIn(
  bytes: Uint8Array,
  others: readonly ChunkPlace[] = [],
  world?: PackWorld,
): Promise<Uint8Array> {
  const pack = sourceOf(bytes, 'crafted')
  const { places, recipes } = await readPack(pack, ID)
  const source = openPacked({
    recipe: recipes[0]!,
    find: finderOf([...places, ...others]),
    packs: { open: async id => (id === ID ? pack : world!.packs.open(id)) },
    codec: (world ?? WORLD).codec,
  })
  try {
    return await source.read(0, source.size)
  } finally {
    await source.close()
  }
}

let WORLD: PackWorld
beforeEach(async () => {
  WORLD = await PackWorld.open()
})
afterEach(() => WORLD.close())

const model = (seed: number) =>
  safetensorsOf([{ name: 'w', dtype: 'BF16', data: bfloat16Of(fineTuned(weights(2500, 1), seed)) }])

describe('damage', () => {
  test('any byte that is altered is told: never other bytes', async () => {
    const first = await WORLD.pack(model(1))
    const second = await WORLD.pack(model(2), { bases: [first.recipe] })
    expect(second.stats.encodings.delta.pieces).toBe(1)
    const sound = new Uint8Array(await WORLD.packBytes(second.id))
    expect(digestOf(await fileIn(sound, first.places, WORLD))).toBe(second.recipe.digest)
    for (let at = 0; at < sound.byteLength; at++) {
      const bytes = Uint8Array.from(sound)
      bytes[at]! ^= 1 << (at % 8)
      const found = await fileIn(bytes, first.places, WORLD).catch(error => error)
      if (!(found instanceof Uint8Array)) {
        expect(found, `byte ${at}`).toMatchObject({ code: 'PACK_CORRUPT' })
        continue
      }
      // A bit that means nothing to a decoder changes nothing, and is told by the checksum of its body.
      expect(digestOf(found)).toBe(second.recipe.digest)
      const place = second.places.find(({ offset, stored }) => at >= offset && at < offset + stored)!
      const body = bytes.subarray(place.offset, place.offset + place.stored)
      expect(checkBody(place, body), `byte ${at}`).toBe(false)
    }
  })

  test('any length that is cut off, or more behind', async () => {
    const { id } = await WORLD.pack(model(1))
    const sound = new Uint8Array(await WORLD.packBytes(id))
    for (let length = 0; length < sound.byteLength; length += length < 200 ? 1 : 61)
      await expect(fileIn(sound.subarray(0, length))).rejects.toMatchObject({ code: 'PACK_CORRUPT' })
    for (const more of [Buffer.of(0), Buffer.from(sound)])
      await expect(fileIn(Buffer.concat([sound, more]))).rejects.toMatchObject({ code: 'PACK_CORRUPT' })
  })
})

test('records that are altered, with checksums made to fit, never give other bytes or another error', async () => {
  const first = await WORLD.pack(model(1))
  const second = await WORLD.pack(Buffer.concat([model(2), model(1), Buffer.alloc(70_000, 'text ')]), {
    bases: [first.recipe],
  })
  const sound = await WORLD.packBytes(second.id)
  const facts = viewOf(sound.subarray(-72))
  const tail = Number(facts.getBigUint64(0, true))
  const [chunkBytes, recipeBytes] = [8, 16].map(at => Number(facts.getBigUint64(at, true))) as [
    number,
    number,
  ]
  const edit = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) })
  let refused = 0
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async edits => {
      const bytes = Buffer.from(sound)
      const records = bytes.subarray(tail, tail + chunkBytes + recipeBytes)
      for (const { at, byte } of edits) records[at % records.byteLength] = byte
      const said = {
        tail,
        chunkBytes,
        recipeBytes,
        chunks: facts.getUint32(24, true),
        recipes: facts.getUint32(28, true),
      }
      footer(said, records.subarray(0, chunkBytes), records.subarray(chunkBytes)).forEach((value, at) => {
        bytes[bytes.length - 72 + at] = value
      })
      const found = await fileIn(bytes, first.places, WORLD).catch(error => error)
      if (found instanceof Uint8Array) expect(isSameFile(found, second.recipe.digest, bytes)).toBe(true)
      else expect(found).toMatchObject({ code: 'PACK_CORRUPT' })
      refused += Number(!(found instanceof Uint8Array))
    }),
    { numRuns: 1500 },
  )
  expect(refused).toBeGreaterThan(500)
})

/** Of a recipe that is called otherwise now, sound pieces are read by ranges; restoring it whole would be refused. */
function isSameFile(found: Uint8Array, digest: Digest, pack: Buffer): boolean {
  return digestOf(found) === digest || !pack.includes(Buffer.from(hexOf(digest), 'hex'))
}

const BODY = Buffer.from('the body of a chunk')
const PLACE: ChunkPlace = {
  chunk: digestOf(BODY),
  pack: ID,
  offset: 16,
  stored: BODY.byteLength,
  length: BODY.byteLength,
  encoding: 'raw',
  depth: 0,
  checksum: crc32(BODY),
}
const RECIPE: Recipe = {
  digest: digestOf(BODY),
  size: BODY.byteLength,
  tensors: [],
  pieces: [{ chunk: PLACE.chunk, length: BODY.byteLength }],
}
const OTHER = digestOf('other')

interface Parts {
  readonly places?: readonly ChunkPlace[]
  readonly records?: Uint8Array
  readonly recipes?: Uint8Array
  readonly facts?: Partial<Footer>
}

/** A pack whose checksums fit, whatever it says. */
function crafted({
  places = [PLACE],
  records = writeRecords(places),
  facts,
  ...rest
}: Parts = {}): Uint8Array {
  const recipes = rest.recipes ?? recipeOf()
  const said: Footer = {
    tail: 16 + BODY.byteLength,
    chunkBytes: records.byteLength,
    recipeBytes: recipes.byteLength,
    chunks: places.length,
    recipes: 1,
    ...facts,
  }
  return Buffer.concat([header(), BODY, records, recipes, footer(said, records, recipes)])
}

const recipeOf = (change: Partial<Recipe> = {}) =>
  writeRecipe({ ...RECIPE, ...change }, new Map([[PLACE.chunk, 0]]))

/** Its numbers: pieces, runs, outside, bytes of the layout, stored bytes of it; then whatever follows. */
function recipeSaying(numbers: readonly number[], rest: Uint8Array, size = BODY.byteLength): Uint8Array {
  return Buffer.concat([bytesOfDigest(RECIPE.digest), bytesOfU64(size), bytesOfU32s(numbers), rest])
}

const LAYOUT = Buffer.from('[null,[]]')
const PACKED = zstdCompressSync(LAYOUT)
const layoutOf = (json: string, said = json.length) => {
  const stored = zstdCompressSync(Buffer.from(json))
  return recipeSaying([1, 1, 0, said, stored.byteLength], Buffer.concat([bytesOfU32s([0, 1]), stored]))
}
const tensor = (change: object) =>
  JSON.stringify([
    'format',
    [Object.values({ name: 'w', dtype: 'u8', shape: [4], offset: 0, length: 4, kind: 'int8', ...change })],
  ])
const MOST = 0xffff_ffff

test('the crafted pack is sound where nothing is changed', async () => {
  expect(Buffer.from(await fileIn(crafted()))).toEqual(BODY)
  expect(Buffer.from(await fileIn(crafted({ recipes: layoutOf(tensor({})) })))).toEqual(BODY)
})

test.each<[string, Parts]>([
  ['more chunks than it has bytes for', { facts: { chunks: 4_000_000 } }],
  ['more chunks than there may be', { facts: { chunks: MOST } }],
  ['more recipes than it has bytes for', { facts: { recipes: MOST } }],
  ['no recipe, and bytes of one', { facts: { recipes: 0 } }],
  ['records before its beginning', { facts: { tail: 0 } }],
  ['records behind its end', { facts: { tail: 2 ** 52 } }],
  ['records of 2^63 bytes', { facts: { chunkBytes: 2 ** 63 } }],
  ['records that would begin in a body', { facts: { tail: 20 } }],
  ['a body longer than the pack', { places: [{ ...PLACE, stored: 2 ** 31, length: 2 ** 31 }] }],
  ['a body longer than its chunk', { places: [{ ...PLACE, length: 3 }] }],
  ['a chunk of gigabytes', { places: [{ ...PLACE, length: MOST, encoding: 'zstd' }] }],
  ['a chunk of nothing', { places: [{ ...PLACE, length: 0, stored: 0 }] }],
  ['bodies that do not reach the records', { places: [{ ...PLACE, stored: 3 }] }],
  [
    'one chunk twice',
    {
      places: [
        { ...PLACE, stored: 9, encoding: 'zstd' },
        { ...PLACE, stored: 10, encoding: 'zstd' },
      ],
    },
  ],
  ['a delta of nothing', { places: [{ ...PLACE, encoding: 'delta', depth: 1 }] }],
  ['a base of what is no delta', { places: [{ ...PLACE, base: OTHER }] }],
  ['a delta that stands on nothing', { places: [{ ...PLACE, encoding: 'delta', base: OTHER }] }],
  ['a delta on top of 200', { places: [{ ...PLACE, encoding: 'delta', base: OTHER, depth: 200 }] }],
  ['records that decompress to a gigabyte', { records: recordsWith(new Uint8Array(2 ** 30)) }],
  ['records of no known encoding', { records: recordsWith(Buffer.of(19, 0, 0, 0, 19, 0, 0, 0, 99, 0)) }],
  ['a recipe of 4 billion pieces', { recipes: recipeSaying([MOST, 1, 0, 9, PACKED.length], PACKED) }],
  ['a recipe of 4 billion runs', { recipes: recipeSaying([1, MOST, 0, 9, PACKED.length], PACKED) }],
  ['a recipe of 4 billion other chunks', { recipes: recipeSaying([1, 0, MOST, 9, PACKED.length], PACKED) }],
  [
    'a run over the end',
    { recipes: recipeSaying([2, 1, 0, 9, PACKED.length], Buffer.concat([bytesOfU32s([0, 2]), PACKED]), 38) },
  ],
  [
    'a run of chunks outside, which has none',
    { recipes: recipeSaying([1, 1, 0, 9, PACKED.length], Buffer.concat([bytesOfU32s([MOST, 1]), PACKED])) },
  ],
  [
    'a chunk outside of gigabytes',
    {
      recipes: recipeSaying(
        [1, 1, 1, 9, PACKED.length],
        Buffer.concat([bytesOfU32s([MOST, 1, MOST]), bytesOfDigest(OTHER), PACKED]),
        MOST,
      ),
    },
  ],
  ['a file longer than its pieces', { recipes: recipeOf({ size: 2 ** 50 }) }],
  ['a layout of 4 GB', { recipes: layoutOf('[null,[]]', MOST) }],
  ['a layout that is longer than it says', { recipes: layoutOf(`[null,[]${' '.repeat(100_000)}]`, 20) }],
  ['a layout that is no JSON', { recipes: layoutOf('[null,') }],
  ['a layout that is another JSON', { recipes: layoutOf('{"format":"x"}') }],
  ['a bottomless layout', { recipes: layoutOf('['.repeat(1_000_000)) }],
  ['a tensor behind the end', { recipes: layoutOf(tensor({ offset: 18 })) }],
  ['a tensor at a negative place', { recipes: layoutOf(tensor({ offset: -1 })) }],
  ['a tensor of half a byte', { recipes: layoutOf(tensor({ length: 0.5 })) }],
  ['a tensor of an unknown kind', { recipes: layoutOf(tensor({ kind: '__proto__' })) }],
  ['a tensor of a thousand dimensions', { recipes: layoutOf(tensor({ shape: Array(1000).fill(1) })) }],
  ['a tensor without a name', { recipes: layoutOf(tensor({ name: { length: 3 } })) }],
])('a pack that says %s is refused', async (_, parts) => {
  await expect(fileIn(crafted(parts))).rejects.toMatchObject({ code: 'PACK_CORRUPT' })
})

test('deltas of each other are refused', async () => {
  const places: readonly ChunkPlace[] = [
    { ...PLACE, stored: 9, encoding: 'delta', base: OTHER, depth: 1 },
    { ...PLACE, chunk: OTHER, stored: 10, encoding: 'delta', base: PLACE.chunk, depth: 1 },
  ]
  await expect(fileIn(crafted({ places }))).rejects.toMatchObject({ code: 'PACK_CORRUPT' })
})

test('a chunk that is not what its digest says is refused, though the pack is whole', async () => {
  const place = { ...PLACE, chunk: OTHER }
  const recipes = writeRecipe({ ...RECIPE, pieces: [{ chunk: OTHER, length: 19 }] }, new Map([[OTHER, 0]]))
  await expect(fileIn(crafted({ places: [place], recipes }))).rejects.toMatchObject({
    code: 'PACK_CORRUPT',
    details: { chunk: OTHER, object: RECIPE.digest },
  })
})

test('a later version of the format is told as one', async () => {
  const bytes = Buffer.from(crafted())
  viewOf(bytes).setUint32(8, 2, true)
  const error = await fileIn(bytes).catch(cause => cause)
  expect(error).toBeInstanceOf(BallastError)
  expect(error.message).toContain('version 2')
})

function recordsWith(facts: Uint8Array): Uint8Array {
  return Buffer.concat([
    bytesOfDigest(PLACE.chunk),
    bytesOfU32s([PLACE.checksum, 0]),
    zstdCompressSync(facts),
  ])
}
