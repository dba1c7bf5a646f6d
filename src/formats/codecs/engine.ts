import { Readable, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { BallastError, messageOf, systemCode } from '../../core/index.ts'
import type { Feed } from './feed.ts'

/** The streams of node:zlib; `bytesWritten` counts what they took in. */
export type Engine = Transform & { readonly bytesWritten: number }

/** What one piece out of zlib holds: its default of 16 KiB costs more turns than the unpacking itself. */
export const ENGINE_CHUNK: number = 256 * 1024

/**
 * Runs `input` through one of node:zlib's decoders. Its faults are told with the compressed offset, counted from
 * where the feed stood at the start.
 */
export async function* through(
  feed: Feed,
  input: AsyncIterable<Uint8Array>,
  engine: Engine,
): AsyncGenerator<Uint8Array, void> {
  const start = feed.offset
  const readable = Readable.from(input, { objectMode: true, highWaterMark: 1 })
  // What breaks the flow is thrown by the loop below: `pipeline` destroys the engine with it.
  pipeline(readable, engine).catch(() => undefined)
  try {
    for await (const piece of engine) yield piece as Uint8Array
  } catch (cause) {
    if (cause instanceof BallastError) throw cause
    const place = { name: feed.name, offset: start + engine.bytesWritten }
    if (systemCode(cause) === 'Z_BUF_ERROR')
      throw feed.fail.truncated(place, 'the stream breaks off', { cause })
    if (systemCode(cause) === 'ZSTD_error_frameParameter_windowTooLarge')
      throw feed.fail.limit(place, 'a larger window is asked for than is read', { cause })
    throw feed.fail.malformed(place, messageOf(cause), { cause })
  } finally {
    engine.destroy()
  }
}
