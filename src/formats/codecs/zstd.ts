import { constants, createZstdDecompress } from 'node:zlib'
import { ENGINE_CHUNK, through } from './engine.ts'
import type { Feed } from './feed.ts'

/**
 * The most of what was unpacked that a frame may refer back to, which the decoder holds in memory: 128 MiB, as the
 * zstd command takes without being asked for more.
 */
export const MAX_WINDOW_LOG = 27

/** A decoder is set up for each, which takes as long as 50 KB of content: pzstd writes one every few megabytes. */
export const MAX_FRAMES = 20_000

const BLOCK_HEADER = 3
const MAGIC = 0xfd2fb528

/** Zstandard (RFC 8878): every frame, one behind the other, skippable ones skipped. Frames with a dictionary are refused. */
export async function* unzstd(feed: Feed): AsyncGenerator<Uint8Array, void> {
  for (let frames = 0; frames === 0 || feed.remaining > 0; frames++) {
    if (frames === MAX_FRAMES) throw feed.fail.limit(feed.place, `there are more than ${MAX_FRAMES} frames`)
    const head = await feed.peek(18)
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
    if (head.byteLength < 8)
      throw feed.fail.truncated(feed.place, 'a frame was expected, found its first bytes')
    const magic = view.getUint32(0, true)
    if ((magic & 0xfffffff0) >>> 0 === 0x184d2a50) {
      const length = view.getUint32(4, true)
      feed.jump(8)
      feed.jump(length)
    } else if (magic === MAGIC) {
      const params = { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG }
      yield* through(feed, frameOf(feed), createZstdDecompress({ chunkSize: ENGINE_CHUNK, params }))
    } else {
      throw feed.fail.malformed(
        feed.place,
        `a frame was expected, found the bytes ${Buffer.from(head.subarray(0, 4)).toString('hex')}`,
      )
    }
  }
}

/**
 * One frame's bytes, found by walking its blocks: node:zlib stops behind a frame without saying where. Pieces are as
 * large as the feed's window, since each costs the decoder a turn.
 */
async function* frameOf(feed: Feed): AsyncGenerator<Uint8Array, void> {
  const header = await frameHeader(feed)
  yield header.bytes
  let left = 0
  let last = false
  while (!last || left > 0) {
    const window = await feed.peek(BLOCK_HEADER)
    let at = 0
    while (at < window.byteLength && (!last || left > 0)) {
      if (left === 0) {
        if (window.byteLength - at < BLOCK_HEADER) break
        const value = window[at]! | (window[at + 1]! << 8) | (window[at + 2]! << 16)
        last = (value & 1) === 1
        const type = (value >> 1) & 3
        if (type === 3) throw feed.fail.malformed(feed.place, 'a block has the reserved type 3')
        // A repeated byte states how often; it stands there once.
        left = type === 1 ? 1 : value >> 3
        at += BLOCK_HEADER
      }
      const now = Math.min(left, window.byteLength - at)
      at += now
      left -= now
    }
    if (at === 0) throw feed.fail.truncated(feed.place, 'the stream breaks off')
    feed.skip(at)
    yield window.subarray(0, at)
  }
  if (header.checksum) yield await feed.take(4)
}

async function frameHeader(feed: Feed): Promise<{ bytes: Uint8Array; checksum: boolean }> {
  const head = await feed.peek(18)
  const descriptor = head[4]!
  const single = (descriptor & 0x20) !== 0
  if ((descriptor & 3) !== 0)
    throw feed.fail.unsupported(feed.place, 'the frame needs a dictionary, which is not in the file')
  if ((descriptor & 8) !== 0) throw feed.fail.malformed(feed.place, 'a reserved bit is set')
  if (!single) checkWindow(feed, head[5]!)
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]!
  return { bytes: await feed.take(5 + (single ? 0 : 1) + sizeBytes), checksum: (descriptor & 4) !== 0 }
}

function checkWindow(feed: Feed, byte: number): void {
  const base = 2 ** (10 + (byte >> 3))
  const window = base + (base / 8) * (byte & 7)
  if (window <= 2 ** MAX_WINDOW_LOG) return
  throw feed.fail.limit(
    feed.place,
    `a window of ${window} bytes is asked for; the limit is ${2 ** MAX_WINDOW_LOG}`,
    { hint: 'Compress it again without --long or --ultra.' },
  )
}
