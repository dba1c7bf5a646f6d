import { expect, test } from 'vitest'
import { type ByteSource, sourceOf } from '../../core/index.ts'
import { readPiece, sliceOf } from './ranges.ts'

const bytes = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7)

/** As a file is: read into memory of the caller's. */
function filling(): ByteSource {
  const source = sourceOf(bytes)
  return {
    ...source,
    async readInto(offset, target) {
      target.set(await source.read(offset, target.length))
    },
  }
}

test.each([
  { what: 'into the buffer', source: filling(), length: 3, buffer: new Uint8Array(4), inside: true },
  {
    what: 'apart where it does not fit',
    source: filling(),
    length: 5,
    buffer: new Uint8Array(4),
    inside: false,
  },
  { what: 'apart without a buffer', source: filling(), length: 3, buffer: undefined, inside: false },
  {
    what: 'as views of memory',
    source: sourceOf(bytes),
    length: 3,
    buffer: new Uint8Array(4),
    inside: false,
  },
  {
    what: 'of a slice',
    source: sliceOf(filling(), 0, 8, 's'),
    length: 3,
    buffer: new Uint8Array(4),
    inside: true,
  },
])('a piece is read $what', async ({ source, length, buffer, inside }) => {
  const piece = await readPiece(source, 2, length, buffer)
  expect([...piece]).toEqual([...bytes.subarray(2, 2 + length)])
  expect(piece.buffer === buffer?.buffer).toBe(inside)
})

test('a slice has an end, however it is read', async () => {
  const slice = sliceOf(filling(), 2, 4, 'middle')
  const target = new Uint8Array(2)
  await slice.readInto?.(2, target)
  expect([...target]).toEqual([4, 5])
  await expect(slice.readInto?.(3, target)).rejects.toMatchObject({ code: 'RANGE_OUT_OF_BOUNDS' })
  await expect(slice.read(3, 2)).rejects.toMatchObject({ code: 'RANGE_OUT_OF_BOUNDS' })
  expect(sliceOf(sourceOf(bytes), 0, 4, 'of memory').readInto).toBeUndefined()
})
