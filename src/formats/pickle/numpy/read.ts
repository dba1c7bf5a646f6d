import { type ByteSource, elementCount } from '../../../core/index.ts'
import { spoolOf } from '../../bytes/spool.ts'
import { cStrides, readStrided } from '../../bytes/strided.ts'
import { swapInPlace } from '../../bytes/swap.ts'
import { PIECE_BYTES } from '../../ports.ts'
import { fail } from '../limits.ts'
import { bytesOf, lengthOf } from './decode.ts'
import type { ArrayDtype } from './dtype.ts'
import type { NumpyArray } from './types.ts'

/** Bytes of an array's elements. */
export function byteLengthOf({ dtype, shape }: NumpyArray): number {
  return elementCount(shape) * dtype.itemBytes
}

/** Where all elements stand in the file as bytes, in whatever order. */
export function offsetOf(array: NumpyArray): number | undefined {
  const { data } = array
  return data?.kind === 'range' && data.length === byteLengthOf(array) ? data.offset : undefined
}

/**
 * An array's elements in C order, little-endian, in pieces of whole elements. Bytes that stand as text are decoded
 * on the way; where they are in another order than C's as well, they go through a temporary file.
 * Throws FORMAT_MALFORMED for bytes that are too few or too many, FORMAT_UNSUPPORTED for objects and for bytes that
 * are not in the file.
 */
export async function* readArray(source: ByteSource, array: NumpyArray): AsyncGenerator<Uint8Array, void> {
  const { data, dtype, shape, strides } = array
  const place = { name: source.name }
  if (!data) throw fail.unsupported(place, 'an array of Python objects has no bytes to read')
  if (data.kind === 'elsewhere')
    throw fail.unsupported(place, 'an array was written out of band: its bytes are not in this file')
  const known = lengthOf(data)
  if (known !== undefined && known !== byteLengthOf(array)) throw wrongLength(source, array, known)
  if (byteLengthOf(array) === 0) return
  const view = { shape, strides, itemBytes: dtype.itemBytes }
  if (data.kind === 'range') {
    for await (const piece of readStrided(source, { ...view, offset: data.offset }, fail))
      yield littleEndian(piece, dtype)
    return
  }
  const content = exactly(source, array, bytesOf(source, data))
  if (isPlain(array)) yield* piecesOf(content, dtype)
  else yield* throughSpool(source, array, content)
}

async function* throughSpool(
  source: ByteSource,
  array: NumpyArray,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const spool = spoolOf(source.name)
  let whole: ByteSource
  try {
    for await (const piece of content) await spool.write(piece)
    whole = await spool.finish()
  } catch (error) {
    await spool.abandon()
    throw error
  }
  const { shape, strides, dtype } = array
  try {
    const view = { offset: 0, shape, strides, itemBytes: dtype.itemBytes }
    for await (const piece of readStrided(whole, view, fail)) yield littleEndian(piece, dtype)
  } finally {
    await whole.close()
  }
}

/** Passes bytes on, and fails when they are not as many as the array takes. */
async function* exactly(
  source: ByteSource,
  array: NumpyArray,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const expected = byteLengthOf(array)
  let length = 0
  for await (const piece of content) {
    length += piece.byteLength
    if (length > expected) break
    yield piece
  }
  if (length !== expected) throw wrongLength(source, array, length)
}

/** Cuts decoded bytes into pieces of whole elements. */
async function* piecesOf(
  content: AsyncIterable<Uint8Array>,
  dtype: ArrayDtype,
): AsyncGenerator<Uint8Array, void> {
  const size = Math.max(dtype.itemBytes, PIECE_BYTES - (PIECE_BYTES % dtype.itemBytes))
  let held: Uint8Array[] = []
  let length = 0
  for await (const piece of content) {
    held.push(piece)
    length += piece.byteLength
    if (length < size) continue
    const whole = Buffer.concat(held)
    let at = 0
    for (; at + size <= length; at += size) yield littleEndian(whole.subarray(at, at + size), dtype)
    held = [whole.subarray(at)]
    length -= at
  }
  if (length > 0) yield littleEndian(Buffer.concat(held), dtype)
}

/** Numbers of big-endian arrays and fields turned round, in a copy. */
function littleEndian(piece: Uint8Array, { swaps, itemBytes }: ArrayDtype): Uint8Array {
  if (swaps.length === 0) return piece
  const own = new Uint8Array(piece)
  const [only] = swaps
  if (swaps.length === 1 && only && only.size * only.count === itemBytes) swapInPlace(own, only.size)
  else
    for (let at = 0; at < own.byteLength; at += itemBytes)
      for (const { offset, size, count } of swaps)
        swapInPlace(own.subarray(at + offset, at + offset + size * count), size)
  return own
}

/** Whether elements stand in C order. */
export function isPlain({ shape, strides }: NumpyArray): boolean {
  const plain = cStrides(shape)
  return shape.every((length, axis) => length === 1 || strides[axis] === plain[axis])
}

function wrongLength(source: ByteSource, array: NumpyArray, found: number): Error {
  const { dtype, shape, data } = array
  const offset = data && 'offset' in data ? data.offset : undefined
  return fail.malformed(
    { name: source.name, ...(offset !== undefined && { offset }) },
    `an array of ${dtype.dtype} [${shape.join(', ')}] takes ${byteLengthOf(array)} bytes, and has ${found}${found > byteLengthOf(array) ? ' or more' : ''}`,
  )
}
