import type { Feed } from '../feed.ts'
import { LzmaDecoder, MAX_MATCH, type Stop } from './decoder.ts'
import { isLzmaHeader } from './header.ts'
import { MAX_DICTIONARY } from './limits.ts'
import { MAX_SYMBOL_BYTES, RangeCoder } from './range.ts'
import { Window } from './window.ts'

const HEADER_BYTES = 13
/** Enough to go on with; the feed gives as much as it has. */
const INPUT_BYTES = 4 * MAX_SYMBOL_BYTES
const PIECE_BYTES = 256 * 1024

/** `.lzma` streams of the old kind, one behind the other. They have no checksum. Throws FORMAT_LIMIT for a huge dictionary. */
export async function* unlzma(feed: Feed): AsyncGenerator<Uint8Array, void> {
  do {
    const place = feed.place
    if (!isLzmaHeader(await feed.peek(HEADER_BYTES + 1)))
      throw feed.remaining < HEADER_BYTES + 1
        ? feed.fail.truncated(place, 'the header was expected, found its first bytes')
        : feed.fail.malformed(place, 'a header was expected; something else follows')
    yield* stream(feed)
  } while (feed.remaining > 0)
}

async function* stream(feed: Feed): AsyncGenerator<Uint8Array, void> {
  const head = await feed.take(HEADER_BYTES)
  const view = new DataView(head.buffer, head.byteOffset, HEADER_BYTES)
  const stated = view.getBigUint64(5, true)
  const size = stated === 0xffffffffffffffffn ? undefined : Number(stated)
  const dictionary = Math.min(Math.max(4096, view.getUint32(1, true)), size ?? Number.POSITIVE_INFINITY)
  if (dictionary > MAX_DICTIONARY)
    throw feed.fail.limit(
      feed.place,
      `a dictionary of ${dictionary} bytes is asked for; the limit is ${MAX_DICTIONARY}`,
      { hint: 'Compress it again with xz -9 or less.' },
    )
  const decoder = new LzmaDecoder()
  if (!decoder.properties(head[0]!, 12))
    throw feed.fail.malformed(feed.place, `${head[0]} is no set of properties`)
  const window = new Window(dictionary, PIECE_BYTES + MAX_MATCH)
  const rc = new RangeCoder()
  await feedIn(feed, rc)
  if (rc.bytes.byteLength < 5) throw feed.fail.truncated(feed.place, 'the stream breaks off')
  if (!rc.begin()) throw feed.fail.malformed(feed.place, "the coder's first byte is not zero")

  let done = 0
  for (let stop: Stop = 'output'; stop !== 'end'; ) {
    window.reserve(PIECE_BYTES + MAX_MATCH)
    const from = window.at
    const left = size === undefined ? PIECE_BYTES : Math.min(PIECE_BYTES, size - done)
    const last = rc.bytes.byteLength === feed.remaining
    stop = left === 0 ? 'end' : decoder.decode(rc, window, from + left, left < PIECE_BYTES, last)
    checkStop(feed, rc, stop)
    done += window.at - from
    if (window.at > from) yield window.bytes.subarray(from, window.at)
    if (stop === 'end' && size !== undefined && done !== size)
      throw feed.fail.malformed(placeOf(feed, rc), `it unpacks to ${done} bytes, and says ${size}`)
    if (stop === 'input' && !last) await feedIn(feed, rc)
  }
  await finish(feed, rc, decoder, window)
}

/** Where a known size is reached a marker of the end may follow, and then the coder's last byte. */
async function finish(feed: Feed, rc: RangeCoder, decoder: LzmaDecoder, window: Window): Promise<void> {
  await feedIn(feed, rc)
  window.reserve(PIECE_BYTES + MAX_MATCH)
  if (!rc.finish()) {
    decoder.decode(rc, window, window.at + 1, false, true)
    if (!rc.finish()) throw feed.fail.malformed(placeOf(feed, rc), 'the stream does not end where it says')
  }
  if (rc.overrun) throw feed.fail.truncated(feed.place, 'the stream breaks off')
  feed.skip(rc.at)
}

/** Lets the coder go on in what the feed has next. */
async function feedIn(feed: Feed, rc: RangeCoder): Promise<void> {
  feed.skip(rc.at)
  rc.bytes = await feed.peek(INPUT_BYTES)
  rc.at = 0
}

function checkStop(feed: Feed, rc: RangeCoder, stop: Stop): void {
  if (rc.overrun || (stop === 'input' && rc.bytes.byteLength === feed.remaining))
    throw feed.fail.truncated(
      { name: feed.name, offset: feed.offset + rc.bytes.byteLength },
      'the stream breaks off',
    )
  if (stop === 'bad distance') throw feed.fail.malformed(placeOf(feed, rc), 'a match begins before the start')
  if (stop === 'too long') throw feed.fail.malformed(placeOf(feed, rc), 'a match goes beyond the end')
}

function placeOf(feed: Feed, rc: RangeCoder): { name: string; offset: number } {
  return { name: feed.name, offset: feed.offset + rc.at }
}
