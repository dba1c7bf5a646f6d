import { createGunzip, createInflate } from 'node:zlib'
import { ENGINE_CHUNK, through } from './engine.ts'
import type { Feed } from './feed.ts'

/** Gzip (RFC 1952): all members, one behind the other, with their checksums; zeros may follow, as tapes leave them. */
export async function* gunzip(feed: Feed): AsyncGenerator<Uint8Array, void> {
  yield* through(feed, feed.pieces(feed.remaining), createGunzip({ chunkSize: ENGINE_CHUNK }))
}

/** joblib before 0.10 wrote `ZF`, the unpacked length in hexadecimal, padded with spaces to 19 characters, then zlib. */
const ZFILE_BYTES = 21

/** One zlib stream (RFC 1950) with its checksum, behind joblib's old header or not. Nothing may follow it. */
export async function* inflate(feed: Feed): AsyncGenerator<Uint8Array, void> {
  feed.skip(zlibStart(await feed.peek(ZFILE_BYTES + 1)))
  const start = feed.offset
  const size = feed.remaining
  const engine = createInflate({ chunkSize: ENGINE_CHUNK })
  yield* through(feed, feed.pieces(size), engine)
  if (engine.bytesWritten < size)
    throw feed.fail.malformed(
      { name: feed.name, offset: start + engine.bytesWritten },
      `${size - engine.bytesWritten} bytes follow the end of the stream`,
    )
}

/** Where zlib's own header begins: 0, or behind joblib's; Python 2 wrote one space more. */
export function zlibStart(head: Uint8Array): number {
  if (!(head[0] === 0x5a && head[1] === 0x46 && head[2] === 0x30 && head[3] === 0x78)) return 0
  return head[ZFILE_BYTES] === 0x20 ? ZFILE_BYTES + 1 : ZFILE_BYTES
}
