import { createCipheriv, createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gearTable } from './gear.ts'
import { referenceChunker } from './reference.ts'
import type { Chunker, ChunkSizes } from './types.ts'
import { wasmChunker } from './wasm.ts'

const SIZES: ChunkSizes = { min: 2048, target: 8192, max: 32_768 }
const chunkers: [string, Chunker][] = [
  ['the kernel', wasmChunker(SIZES)!],
  ['the reference', referenceChunker(SIZES)],
]

/** Of 200,000 bytes, as a program in Python cuts them whose integers have no width. */
const GOLDEN = [
  12560, 9721, 8193, 9123, 8754, 3303, 9001, 7458, 9002, 10747, 10458, 8538, 9961, 3289, 5363, 8609, 8929,
  8949, 8945, 14569, 8775, 4159, 8813, 2781,
]

/** Bytes without any order, the same in every run: the key stream of a cipher. */
function noise(length: number, seed: string): Uint8Array<ArrayBuffer> {
  const key = createHash('sha256').update(seed).digest()
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  return new Uint8Array(stream.update(new Uint8Array(length)))
}

/** The bytes of `GOLDEN`: digests of numbered texts, which any language makes in a line. */
function goldenBytes(): Uint8Array {
  const block = (_: unknown, i: number) => createHash('sha256').update(`golden:${i}`).digest()
  return new Uint8Array(Buffer.concat(Array.from({ length: 6250 }, block)))
}

function cutsOf(chunker: Chunker, bytes: Uint8Array): number[] {
  const lengths: number[] = []
  for (let at = 0; at < bytes.length; at += lengths.at(-1)!) lengths.push(chunker.next(bytes.subarray(at)))
  return lengths
}

test('the table never changes: what is stored was cut by it', () => {
  const table = gearTable()
  expect(new Set(table).size).toBe(256)
  const digest = createHash('sha256').update(new Uint8Array(table.buffer)).digest('hex')
  expect(digest).toBe('afacaa0eea760d6cde5e93a3b3743dc96aebef1d8cb1f1957631552d94998468')
})

describe.each(chunkers)('%s', (_, chunker) => {
  test('cuts at the same places in every release', () => {
    const lengths = cutsOf(chunker, goldenBytes())
    expect(lengths).toEqual(GOLDEN)
  })

  test('keeps to the sizes, and to the target on average', () => {
    const lengths = cutsOf(chunker, noise(4 * 2 ** 20, 'sizes'))
    for (const length of lengths.slice(0, -1)) {
      expect(length).toBeGreaterThan(SIZES.min)
      expect(length).toBeLessThanOrEqual(SIZES.max)
    }
    const mean = (4 * 2 ** 20) / lengths.length
    expect(mean).toBeGreaterThan(0.75 * SIZES.target)
    expect(mean).toBeLessThan(1.5 * SIZES.target)
  })

  test('cuts what has no variety at the largest size', () => {
    expect(cutsOf(chunker, new Uint8Array(100_000))).toEqual([32_768, 32_768, 32_768, 1696])
  })

  test('gives all of what is shorter than the least', () => {
    for (const length of [1, 2047, 2048]) expect(chunker.next(noise(length, 'short'))).toBe(length)
  })
})

test('both cut at the same places, whatever the bytes and the sizes', () => {
  const some = fc.record({
    seed: fc.string({ maxLength: 8 }),
    length: fc.integer({ min: 1, max: 100_000 }),
    // Few values make long runs in which no bit of the hash changes.
    mask: fc.constantFrom(0xff, 0x0f, 0x01),
    bits: fc.integer({ min: 6, max: 16 }),
  })
  fc.assert(
    fc.property(some, ({ seed, length, mask, bits }) => {
      const sizes = { min: 2 ** (bits - 2), target: 2 ** bits, max: 2 ** (bits + 2) }
      const bytes = noise(length, seed).map(byte => byte & mask)
      expect(cutsOf(wasmChunker(sizes)!, bytes)).toEqual(cutsOf(referenceChunker(sizes), bytes))
    }),
  )
})

test('a cut depends on nothing behind it', () => {
  const bytes = noise(300_000, 'behind')
  const [, chunker] = chunkers[0]!
  const first = chunker.next(bytes)
  const other = bytes.slice()
  other.fill(7, first)
  expect(chunker.next(other)).toBe(first)
  expect(chunker.next(bytes.subarray(0, first))).toBe(first)
})

test('an insertion moves no cut but those beside it', () => {
  const bytes = noise(2 ** 20, 'insertion')
  const [, chunker] = chunkers[0]!
  const chunksOf = (of: Uint8Array): string[] => {
    let at = 0
    return cutsOf(chunker, of).map(length => {
      at += length
      return createHash('sha256')
        .update(of.subarray(at - length, at))
        .digest('hex')
    })
  }
  const before = new Set(chunksOf(bytes))
  for (const place of [0, 1, 5000, 500_000, bytes.length - 1]) {
    const inserted = Buffer.concat([bytes.subarray(0, place), Buffer.from('new'), bytes.subarray(place)])
    const fresh = chunksOf(inserted).filter(chunk => !before.has(chunk))
    expect(fresh.length).toBeLessThanOrEqual(4)
  }
})
