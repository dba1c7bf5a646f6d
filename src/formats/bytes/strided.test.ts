import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ByteSource, sourceOf } from '../../core/index.ts'
import { PIECE_BYTES } from '../ports.ts'
import { fortranStrides, readStrided, type StridedView } from './strided.ts'

async function collect(source: ByteSource, view: StridedView): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of readStrided(source, view)) pieces.push(Uint8Array.from(piece))
  return Buffer.concat(pieces)
}

/** One element after the other, as the definition of strides says. */
function reference(bytes: Uint8Array, view: StridedView): Uint8Array {
  const { shape, strides, itemBytes, offset } = view
  const out: number[] = []
  const walk = (axis: number, at: number): void => {
    if (axis === shape.length) {
      const item = Array.from(bytes.subarray(at, at + itemBytes))
      out.push(...(view.swap ? item.reverse() : item))
    } else for (let i = 0; i < shape[axis]!; i++) walk(axis + 1, at + i * strides[axis]! * itemBytes)
  }
  walk(0, offset)
  return Uint8Array.from(out)
}

const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255)

test('any strides give what one element after the other gives', async () => {
  const axis = fc.record({ length: fc.nat(5), stride: fc.integer({ min: -6, max: 40 }) })
  const views = fc.record({
    axes: fc.array(axis, { maxLength: 4 }),
    itemBytes: fc.constantFrom(1, 2, 3, 4, 8, 16),
    offset: fc.nat(40),
    swap: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(views, async ({ axes, itemBytes, offset, swap }) => {
      const shape = axes.map(({ length }) => length)
      const strides = axes.map(({ stride }) => stride)
      const reach = axes.map(a => a.stride * Math.max(0, a.length - 1))
      const back = reach.reduce((sum, steps) => sum - Math.min(0, steps), 0)
      const ahead = reach.reduce((sum, steps) => sum + Math.max(0, steps), 0)
      const view = { offset: offset + back * itemBytes, shape, strides, itemBytes, swap }
      const content = bytes(offset + (back + ahead + 1) * itemBytes)
      expect([...(await collect(sourceOf(content), view))]).toEqual([...reference(content, view)])
    }),
    { numRuns: 400 },
  )
})

describe('reads', () => {
  /** Zeros that count how they are read. */
  function counted(size: number): { source: ByteSource; reads: number[] } {
    const reads: number[] = []
    const read = async (_: number, length: number) => {
      reads.push(length)
      return new Uint8Array(length)
    }
    return { source: { name: 'zeros', size, read, async close() {} }, reads }
  }

  test.each([
    ['contiguous', [64, 1024, 256], [262144, 256, 1]],
    ['Fortran order', [64, 1024, 256], fortranStrides([64, 1024, 256])],
    ['transposed', [1024, 16384], [1, 1024]],
    ['the middle axes swapped', [4, 256, 64, 256], [4194304, 256, 65536, 1]],
  ])('%s: each byte once, in large ranges', async (_, shape, strides) => {
    const { source, reads } = counted(64 * 2 ** 20)
    let total = 0
    for await (const piece of readStrided(source, { offset: 0, shape, strides, itemBytes: 4 })) {
      expect(piece.byteLength).toBeLessThanOrEqual(PIECE_BYTES)
      total += piece.byteLength
    }
    expect(total).toBe(64 * 2 ** 20)
    expect(reads.reduce((a, b) => a + b, 0)).toBe(total)
    expect(reads.length).toBeLessThanOrEqual(64)
  })

  test('one column of a wide matrix reads no more than it needs', async () => {
    const { source, reads } = counted(400 * 2 ** 20)
    for await (const _ of readStrided(source, { offset: 8, shape: [100], strides: [2 ** 20], itemBytes: 4 }));
    expect(reads).toEqual(new Array(100).fill(4))
  })

  test('a view of many megabytes out of one element takes one read a band', async () => {
    const { source, reads } = counted(4)
    let total = 0
    const view = { offset: 0, shape: [2 ** 13, 2 ** 12], strides: [0, 0], itemBytes: 4 }
    for await (const piece of readStrided(source, view)) total += piece.byteLength
    expect(total).toBe(2 ** 27)
    expect(reads.length).toBeLessThanOrEqual(2)
  })
})

describe('views that lie', () => {
  const plain: StridedView = { offset: 0, shape: [4], strides: [1], itemBytes: 4 }
  test.each<[string, Partial<StridedView>, string]>([
    ['beyond the end', { shape: [5] }, 'FORMAT_TRUNCATED'],
    ['before the start', { strides: [-1] }, 'FORMAT_TRUNCATED'],
    ['an offset beyond the end', { offset: 4 }, 'FORMAT_TRUNCATED'],
    ['a stride that wraps in 64 bits', { shape: [3], strides: [2 ** 52] }, 'FORMAT_TRUNCATED'],
    ['a negative offset', { offset: -4 }, 'FORMAT_MALFORMED'],
    ['a negative size', { shape: [-4] }, 'FORMAT_MALFORMED'],
    ['half an element', { shape: [1.5] }, 'FORMAT_MALFORMED'],
    ['a product beyond 2^53', { shape: [2 ** 40, 2 ** 40], strides: [0, 0] }, 'FORMAT_MALFORMED'],
    ['fewer strides than axes', { shape: [2, 2] }, 'FORMAT_MALFORMED'],
    ['a stride that is no number', { strides: [Number.NaN] }, 'FORMAT_MALFORMED'],
    ['petabytes out of one element', { shape: [2 ** 48], strides: [0] }, 'FORMAT_LIMIT'],
    ['a hundred axes', { shape: Array(100).fill(1), strides: Array(100).fill(1) }, 'FORMAT_LIMIT'],
  ])('%s', async (_, change, code) => {
    const read = collect(sourceOf(bytes(16), 'w.bin'), { ...plain, ...change })
    await expect(read).rejects.toMatchObject({
      name: 'FormatsError',
      code,
      message: /^w\.bin.*strided array/,
    })
  })

  test('no elements need no bytes', async () => {
    const view = { offset: 99, shape: [0, 3], strides: [3, 1], itemBytes: 4 }
    expect(await collect(sourceOf(new Uint8Array(0)), view)).toHaveLength(0)
  })
})
