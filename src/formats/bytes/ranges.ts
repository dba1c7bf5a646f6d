import { type ByteSource, CoreError } from '../../core/index.ts'

/** How much a streaming reader takes at once. */
const CHUNK_BYTES = 64 * 1024

/** The source from start to end, in pieces. */
export async function* chunksOf(source: ByteSource, size = CHUNK_BYTES): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < source.size; at += size) yield await source.read(at, Math.min(size, source.size - at))
}

/** `length` bytes from `offset`: in `buffer`, where they fit and the source can read there, else in their own memory. */
export async function readPiece(
  source: ByteSource,
  offset: number,
  length: number,
  buffer: Uint8Array | undefined,
): Promise<Uint8Array> {
  if (!buffer || !source.readInto || length > buffer.length) return source.read(offset, length)
  const piece = buffer.subarray(0, length)
  await source.readInto(offset, piece)
  return piece
}

/** What slices were cut from. */
const wholes = new WeakMap<ByteSource, { readonly source: ByteSource; readonly start: number }>()

/** Where a place of `source` is in `whole`, of which it is a slice, or a slice of one; undefined where it is none. */
export function placeIn(whole: ByteSource, source: ByteSource, offset: number): number | undefined {
  if (source === whole) return offset
  const slice = wholes.get(source)
  return slice && placeIn(whole, slice.source, slice.start + offset)
}

/** A part of a source as a source of its own. Closing it does not close the whole. */
export function sliceOf(source: ByteSource, start: number, size: number, name: string): ByteSource {
  const check = (offset: number, length: number): void => {
    if (offset >= 0 && length >= 0 && offset + length <= size) return
    throw new CoreError('RANGE_OUT_OF_BOUNDS', {
      message: `${name} has ${size} bytes; ${length} at offset ${offset} were asked for`,
      hint: 'The file is probably truncated: fetch or export it again.',
      details: { size, offset, length },
    })
  }
  const slice: ByteSource = {
    name,
    size,
    async read(offset, length) {
      check(offset, length)
      return source.read(start + offset, length)
    },
    ...(source.readInto && {
      async readInto(offset: number, target: Uint8Array): Promise<void> {
        check(offset, target.length)
        await source.readInto?.(start + offset, target)
      },
    }),
    async close() {},
  }
  wholes.set(slice, { source, start })
  return slice
}
