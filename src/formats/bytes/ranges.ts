import { type ByteSource, CoreError } from '../../core/index.ts'

/** How much a streaming reader takes at once. */
const CHUNK_BYTES = 64 * 1024

/** The source from start to end, in pieces. */
export async function* chunksOf(source: ByteSource, size = CHUNK_BYTES): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < source.size; at += size) yield await source.read(at, Math.min(size, source.size - at))
}

/** A part of a source as a source of its own. Closing it does not close the whole. */
export function sliceOf(source: ByteSource, start: number, size: number, name: string): ByteSource {
  return {
    name,
    size,
    async read(offset, length) {
      if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
        throw new CoreError('RANGE_OUT_OF_BOUNDS', {
          message: `${name} has ${size} bytes; ${length} at offset ${offset} were asked for`,
          hint: 'The file is probably truncated: fetch or export it again.',
          details: { size, offset, length },
        })
      }
      return source.read(start + offset, length)
    },
    async close() {},
  }
}
