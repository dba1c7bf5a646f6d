import { createCipheriv, createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ByteSource, sourceOf } from '../../core/index.ts'
import { ELEMENT_KINDS } from '../codec/types.ts'
import { CONTENT_SIZES, cuts } from './cuts.ts'
import { WIDTHS } from './runs.ts'
import { MAX_PIECE_BYTES, type Piece, type PlacedTensor } from './types.ts'

/** Bytes without any order, the same in every run: the key stream of a cipher. */
function noise(length: number, seed: string): Uint8Array<ArrayBuffer> {
  const key = createHash('sha256').update(seed).digest()
  return new Uint8Array(createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(new Uint8Array(length)))
}

interface Cut {
  readonly piece: Piece
  readonly digest: string
}

/** All pieces, each held against the bytes that it says it has. */
async function cut(source: ByteSource, tensors: readonly PlacedTensor[] = []): Promise<readonly Cut[]> {
  const found: Cut[] = []
  let at = 0
  for await (const { piece, bytes } of cuts(source, { tensors })) {
    expect(piece.offset).toBe(at)
    expect(bytes.length).toBe(piece.length)
    expect(piece.length).toBeGreaterThan(0)
    expect(piece.length).toBeLessThanOrEqual(MAX_PIECE_BYTES)
    const own = await source.read(at, piece.length)
    expect(Buffer.compare(bytes, own)).toBe(0)
    found.push({ piece, digest: createHash('sha256').update(bytes).digest('hex') })
    at += piece.length
  }
  expect(at).toBe(source.size)
  return found
}

const tensor = (name: string, offset: number, length: number): PlacedTensor => ({
  name,
  dtype: 'float32',
  shape: [length / 4],
  offset,
  length,
  kind: 'float32',
})

/** The share of a file's bytes in chunks that another one has too. */
function kept(before: readonly Cut[], after: readonly Cut[]): number {
  const known = new Set(before.map(({ digest }) => digest))
  const [all, old] = [after, after.filter(({ digest }) => known.has(digest))].map(list =>
    list.reduce((sum, { piece }) => sum + piece.length, 0),
  )
  return old! / all!
}

test('an empty file has no pieces', async () => {
  expect(await cut(sourceOf(new Uint8Array(0)))).toEqual([])
})

test('a tensor is cut at multiples of the largest piece from its own start', async () => {
  const length = 2 * MAX_PIECE_BYTES + 4000
  const pieces = await cut(sourceOf(noise(1000 + length + 500, 'tensor')), [tensor('w', 1000, length)])
  expect(pieces.map(({ piece }) => piece)).toEqual([
    { offset: 0, length: 1000, kind: 'bytes' },
    { offset: 1000, length: MAX_PIECE_BYTES, kind: 'float32', tensor: 0 },
    { offset: 1000 + MAX_PIECE_BYTES, length: MAX_PIECE_BYTES, kind: 'float32', tensor: 0 },
    { offset: 1000 + 2 * MAX_PIECE_BYTES, length: 4000, kind: 'float32', tensor: 0 },
    { offset: 1000 + length, length: 500, kind: 'bytes' },
  ])
})

test('a header that grows moves tensors, and changes no piece of theirs', async () => {
  const weights = noise(5_000_000, 'weights')
  const withHeader = (length: number) => {
    const bytes = Buffer.concat([noise(length, 'header'), weights])
    return cut(sourceOf(bytes), [tensor('a', length, 3_000_000), tensor('b', length + 3_000_000, 2_000_000)])
  }
  const [before, after] = [await withHeader(4096), await withHeader(4103)]
  expect(kept(before, after)).toBeGreaterThan(0.99)
})

test('an edited tensor changes its own pieces, and small neighbours no more than a group', async () => {
  const bytes = noise(4_000_000, 'model')
  const tensors = [
    tensor('big', 0, 2_000_000),
    ...Array.from({ length: 250 }, (_, i) => tensor(`norm.${i}`, 2_000_000 + i * 8000, 8000)),
  ]
  const before = await cut(sourceOf(bytes), tensors)
  const edited = bytes.slice()
  edited.set(noise(8000, 'new norm'), 2_000_000 + 100 * 8000)
  const after = await cut(sourceOf(edited), tensors)
  expect((1 - kept(before, after)) * bytes.length).toBeLessThanOrEqual(64 * 1024)
  expect(before.length).toBeLessThan(100)
})

describe('what has no tensors', () => {
  const bytes = noise(6 * 2 ** 20, 'unknown')
  const whole = cut(sourceOf(bytes))

  test('keeps to the sizes', async () => {
    for (const { piece } of (await whole).slice(0, -1)) {
      expect(piece.kind).toBe('bytes')
      expect(piece.length).toBeGreaterThanOrEqual(CONTENT_SIZES.min)
      expect(piece.length).toBeLessThanOrEqual(CONTENT_SIZES.max)
    }
  })

  test.each([
    ['inserted', (at: number) => [bytes.subarray(0, at), noise(100, 'in'), bytes.subarray(at)]],
    ['left out', (at: number) => [bytes.subarray(0, at), bytes.subarray(at + 100)]],
    ['changed', (at: number) => [bytes.subarray(0, at), noise(100, 'in'), bytes.subarray(at + 100)]],
  ])('is stored again around what is %s alone, wherever that is', async (_, edit) => {
    const before = await whole
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length - 100 }), async at => {
        const after = await cut(sourceOf(Buffer.concat(edit(at))))
        // Two chunks of the largest size at the very most: of a whole of 6 MiB that is 8 %.
        const lost = (1 - kept(before, after)) * bytes.length
        expect(lost).toBeLessThanOrEqual(2 * CONTENT_SIZES.max)
      }),
      { numRuns: 12 },
    )
  })

  test('costs at most a target of bytes for an edit, on average', async () => {
    const before = await whole
    let lost = 0
    for (let i = 0; i < 8; i++) {
      const edited = bytes.slice()
      edited[Math.floor(((i + 0.5) * bytes.length) / 8)]! ^= 255
      lost += (1 - kept(before, await cut(sourceOf(edited)))) * bytes.length
    }
    expect(lost / 8).toBeLessThan(2 * CONTENT_SIZES.target)
  })
})

test('whatever the list of tensors says, each byte comes once, in order', async () => {
  const size = 3 * 2 ** 20
  const source = sourceOf(noise(size, 'any'))
  const place = fc.oneof(fc.integer({ min: -10, max: size + 10 }), fc.constantFrom(0, size, 2 ** 53, -1, 0.5))
  const length = fc.oneof(
    fc.integer({ min: 0, max: 20_000 }),
    fc.integer({ min: -1, max: size }),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 2 ** 52),
  )
  const lists = fc.array(
    fc.record({
      name: fc.string({ maxLength: 4 }),
      dtype: fc.constant('float32'),
      shape: fc.constant([]),
      offset: place,
      length,
      kind: fc.constantFrom(...ELEMENT_KINDS),
    }),
    { maxLength: 30 },
  )
  await fc.assert(
    fc.asyncProperty(lists, fc.boolean(), async (list, sorted) => {
      const tensors = sorted ? list.toSorted((a, b) => a.offset - b.offset) : list
      for (const { piece } of await cut(source, tensors)) {
        if (piece.tensor === undefined) continue
        const { offset, kind } = tensors[piece.tensor]!
        expect(piece.offset).toBeGreaterThanOrEqual(offset)
        // Elements begin where pieces do.
        if (piece.kind === kind) expect((piece.offset - offset) % WIDTHS[kind]).toBe(0)
      }
    }),
    { numRuns: 60 },
  )
})

test('the bytes decide, not how the source is read', async () => {
  const bytes = noise(9_500_000, 'ways')
  const plain = sourceOf(bytes)
  const into: ByteSource = {
    ...plain,
    readInto: async (at, target) => target.set(bytes.subarray(at, at + target.length)),
  }
  const tensors = [tensor('w', 12, 5_000_000)]
  expect(await cut(into, tensors)).toEqual(await cut(plain, tensors))
})

describe('a source', () => {
  const failing = (from: number): ByteSource => {
    const inner = sourceOf(new Uint8Array(12 * 2 ** 20))
    return {
      ...inner,
      async read(at, length) {
        if (at + length > from) throw new Error(`no bytes from ${from}`)
        return inner.read(at, length)
      },
    }
  }

  test('that fails lets its error through, behind what it gave before', async () => {
    let at = 0
    const run = async () => {
      for await (const { piece } of cuts(failing(9 * 2 ** 20), { tensors: [] })) at += piece.length
    }
    await expect(run()).rejects.toThrow('no bytes from')
    expect(at).toBeGreaterThan(7 * 2 ** 20)
  })

  test('that fails ahead of a reader who stops disturbs nobody', async () => {
    for await (const { piece } of cuts(failing(5 * 2 ** 20), { tensors: [] })) {
      expect(piece.offset).toBe(0)
      break
    }
  })

  test('is read once, in order, a few megabytes ahead', async () => {
    const inner = sourceOf(noise(20 * 2 ** 20, 'ahead'))
    const reads: [number, number][] = []
    const source: ByteSource = {
      ...inner,
      read: (at, length) => {
        reads.push([at, length])
        return inner.read(at, length)
      },
    }
    let most = 0
    for await (const { piece } of cuts(source, { tensors: [] }))
      most = Math.max(most, reads.at(-1)![0] + reads.at(-1)![1] - piece.offset)
    expect(most).toBeLessThanOrEqual(9 * 2 ** 20)
    expect(reads.map(([at]) => at / 2 ** 20)).toEqual([0, 4, 8, 12, 16])
    expect(reads.reduce((sum, [, length]) => sum + length, 0)).toBe(20 * 2 ** 20)
  })
})
