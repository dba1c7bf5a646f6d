import { createInflateRaw } from 'node:zlib'
import type { ByteSource } from '../../../core/index.ts'
import { ENGINE_CHUNK, through } from '../../codecs/engine.ts'
import { Feed } from '../../codecs/feed.ts'
import { type Failures, FormatsError, failing, failuresOf } from '../../errors.ts'
import { MAX_LARGE_RATIO, MAX_UNPACKED_BYTES } from '../unpack.ts'

const fail: Failures = failuresOf('deflate', 'Make the archive again, or fetch it again.')
/** Below this, an entry may expand as it likes. */
const FREE_BYTES = 64 * 2 ** 20

/**
 * How many bytes a raw deflate stream takes, found by unpacking it: all of `packed` where it breaks, or unpacks to
 * more than `most`.
 */
export async function deflatedLength(
  packed: ByteSource,
  most: number,
): Promise<{ readonly packed: number; readonly unpacked: number }> {
  const feed = new Feed(packed, fail)
  const engine = createInflateRaw({ chunkSize: ENGINE_CHUNK })
  let unpacked = 0
  try {
    for await (const piece of through(feed, feed.pieces(packed.size), engine)) {
      unpacked += piece.byteLength
      if (unpacked > most) return { packed: packed.size, unpacked }
    }
  } catch (cause) {
    if (!(cause instanceof FormatsError)) throw cause
    return { packed: packed.size, unpacked }
  }
  return { packed: engine.bytesWritten, unpacked }
}

/** Passes on what comes before a stream breaks. Throws DATA_LIMIT for a bomb. */
export async function* asFarAsItGoes(
  pieces: AsyncIterable<Uint8Array>,
  packedSize: number,
  label: string,
): AsyncGenerator<Uint8Array, void> {
  let size = 0
  try {
    for await (const piece of pieces) {
      size += piece.byteLength
      if (size > MAX_UNPACKED_BYTES || (size > FREE_BYTES && size > packedSize * MAX_LARGE_RATIO * 10))
        throw failing(
          'DATA_LIMIT',
          'No real model needs as much.',
        )(`${label} unpacks from ${packedSize} to more than ${size} bytes, which is over the limits`)
      yield piece
    }
  } catch (cause) {
    if (!(cause instanceof FormatsError) || cause.code === 'DATA_LIMIT' || cause.code === 'FORMAT_LIMIT')
      throw cause
  }
}
