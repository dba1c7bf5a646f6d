import type { Feed } from '../feed.ts'
import { LzmaDecoder } from './decoder.ts'
import { RangeCoder } from './range.ts'
import { Window } from './window.ts'

/** What one chunk unpacks to at most. */
const MAX_CHUNK = 2 ** 21

/**
 * LZMA2 (xz 5.4's lzma2_decoder.c is its specification): chunks of LZMA or of plain bytes, up to the chunk that says
 * it is over. The pieces are views that the next one may overwrite.
 */
export async function* unlzma2(feed: Feed, dictionary: number): AsyncGenerator<Uint8Array, void> {
  const window = new Window(dictionary, MAX_CHUNK)
  const decoder = new LzmaDecoder()
  const rc = new RangeCoder()
  let needsReset = true
  let needsProperties = true
  for (;;) {
    const place = feed.place
    const [control = 0] = await feed.take(1)
    if (control === 0) return
    if (control >= 0xe0 || control === 1) {
      needsReset = false
      needsProperties = true
      window.reset()
      decoder.resetPosition()
    } else if (needsReset) throw feed.fail.malformed(place, 'the first chunk does not begin a dictionary')
    if (control < 0x80) {
      if (control > 2) throw feed.fail.malformed(place, `a chunk has the kind ${control}, which there is not`)
      const length = await plainChunk(feed, window)
      decoder.passed(length)
      yield window.bytes.subarray(window.at - length, window.at)
    } else {
      const [a = 0, b = 0, c = 0, d = 0] = await feed.take(4)
      const size = (control & 0x1f) * 2 ** 16 + a * 256 + b + 1
      if (control >= 0xc0) {
        const [properties = 0] = await feed.take(1)
        if (!decoder.properties(properties, 4))
          throw feed.fail.malformed(place, `${properties} is no set of properties`)
        needsProperties = false
      } else if (needsProperties) throw feed.fail.malformed(place, 'a chunk has no properties')
      else if (control >= 0xa0) decoder.resetState()
      rc.bytes = await feed.take(c * 256 + d + 1)
      rc.at = 0
      window.reserve(size)
      const from = window.at
      const good =
        rc.bytes.byteLength >= 5 &&
        rc.begin() &&
        decoder.decode(rc, window, from + size, true, true) === 'output' &&
        rc.finish() &&
        rc.at === rc.bytes.byteLength
      if (!good) throw feed.fail.malformed(place, 'a chunk does not unpack to what it says')
      yield window.bytes.subarray(from, window.at)
    }
  }
}

async function plainChunk(feed: Feed, window: Window): Promise<number> {
  const [a = 0, b = 0] = await feed.take(2)
  const length = a * 256 + b + 1
  window.reserve(length)
  for await (const piece of feed.pieces(length)) {
    window.bytes.set(piece, window.at)
    window.at += piece.byteLength
  }
  return length
}
