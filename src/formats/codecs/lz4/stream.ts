import type { Feed } from '../feed.ts'
import { unpackBlock } from './block.ts'
import { Xxh32, xxh32 } from './xxh32.ts'

/** How far back matches reach. */
const HISTORY = 64 * 1024
const LEGACY_BLOCK = 8 * 2 ** 20
/** A block that does not compress grows by a 255th and 16 bytes. */
const MAX_LEGACY_PACKED = LEGACY_BLOCK + Math.floor(LEGACY_BLOCK / 255) + 16

const FRAME = 0x184d2204
const LEGACY = 0x184c2102

/**
 * LZ4 frames (lz4_Frame_format.md 1.6.4), one behind the other, with all their checksums; skippable frames are
 * skipped, frames of the legacy kind read. Frames that need a dictionary are refused.
 */
export async function* unlz4(feed: Feed): AsyncGenerator<Uint8Array, void> {
  // One buffer for all frames: there may be millions of small ones.
  const buffer = { out: new Uint8Array(0) }
  do {
    const magic = wordOf(await feed.take(4))
    if (magic === FRAME) yield* frame(feed, buffer)
    else if (magic === LEGACY) yield* legacyFrame(feed, buffer)
    else if ((magic & 0xfffffff0) >>> 0 === 0x184d2a50) feed.jump(wordOf(await feed.take(4)))
    else
      throw feed.fail.malformed(
        { name: feed.name, offset: feed.offset - 4 },
        `a frame was expected, found the word 0x${magic.toString(16)}`,
      )
  } while (feed.remaining > 0)
}

interface Header {
  readonly independent: boolean
  readonly blockChecksums: boolean
  readonly contentChecksum: boolean
  readonly contentSize: bigint | undefined
  readonly blockBytes: number
}

async function* frame(feed: Feed, buffer: { out: Uint8Array }): AsyncGenerator<Uint8Array, void> {
  const header = await readHeader(feed)
  const out = sized(buffer, HISTORY + header.blockBytes)
  const hash = new Xxh32()
  let history = 0
  let size = 0
  for (;;) {
    const word = wordOf(await feed.take(4))
    if (word === 0) break
    const place = feed.place
    const packed = await takeBlock(feed, word & 0x7fffffff, header)
    const start = header.independent ? 0 : history
    const end = unpackInto(word, packed, out, start)
    if (end === undefined || end - start > header.blockBytes)
      throw feed.fail.malformed(place, 'a block does not unpack within its size')
    const piece = out.subarray(start, end)
    size += piece.byteLength
    if (header.contentChecksum) hash.update(piece)
    yield piece
    if (!header.independent) history = keepHistory(out, end)
  }
  if (header.contentSize !== undefined && header.contentSize !== BigInt(size))
    throw feed.fail.malformed(
      feed.place,
      `the frame unpacks to ${size} bytes, and says ${header.contentSize}`,
    )
  if (header.contentChecksum && wordOf(await feed.take(4)) !== hash.digest())
    throw feed.fail.malformed(feed.place, 'the content does not match its checksum')
}

function unpackInto(word: number, packed: Uint8Array, out: Uint8Array, start: number): number | undefined {
  if (word < 0x80000000) return unpackBlock(packed, out, start)
  if (packed.byteLength > out.byteLength - start) return undefined
  out.set(packed, start)
  return start + packed.byteLength
}

/** Moves the last 64 KiB to the front. Gives how many there are. */
function keepHistory(out: Uint8Array, end: number): number {
  if (end <= HISTORY) return end
  out.copyWithin(0, end - HISTORY, end)
  return HISTORY
}

async function takeBlock(feed: Feed, length: number, header: Header): Promise<Uint8Array> {
  if (length > header.blockBytes)
    throw feed.fail.malformed(
      feed.place,
      `a block of ${length} bytes is larger than the frame's ${header.blockBytes}`,
    )
  const packed = await feed.take(length)
  if (header.blockChecksums && wordOf(await feed.take(4)) !== xxh32(packed))
    throw feed.fail.malformed(feed.place, 'a block does not match its checksum')
  return packed
}

async function readHeader(feed: Feed): Promise<Header> {
  const start = feed.place
  const [flags = 0, size = 0] = await feed.peek(2)
  if (flags >> 6 !== 1) throw feed.fail.unsupported(start, `the frame has version ${flags >> 6}, expected 1`)
  if ((flags & 2) !== 0 || (size & 0x8f) !== 0) throw feed.fail.malformed(start, 'a reserved bit is set')
  if ((flags & 1) !== 0)
    throw feed.fail.unsupported(start, 'the frame needs a dictionary, which is not in the file')
  const level = size >> 4
  if (level < 4) throw feed.fail.malformed(start, `${level} is no block size`)
  const withSize = (flags & 8) !== 0
  const bytes = await feed.take(withSize ? 10 : 2)
  const contentSize = withSize
    ? new DataView(bytes.buffer, bytes.byteOffset + 2, 8).getBigUint64(0, true)
    : undefined
  const [check] = await feed.take(1)
  if (check !== ((xxh32(bytes) >>> 8) & 0xff))
    throw feed.fail.malformed(start, "the frame's header does not match its checksum")
  return {
    independent: (flags & 0x20) !== 0,
    blockChecksums: (flags & 0x10) !== 0,
    contentChecksum: (flags & 4) !== 0,
    contentSize,
    blockBytes: 2 ** (8 + 2 * level),
  }
}

/** Blocks of 8 MiB, each on its own, up to the file's end or the next frame. */
async function* legacyFrame(feed: Feed, buffer: { out: Uint8Array }): AsyncGenerator<Uint8Array, void> {
  const out = sized(buffer, LEGACY_BLOCK)
  while (feed.remaining > 0) {
    const place = feed.place
    const word = wordOf(await peekWord(feed))
    if (word > MAX_LEGACY_PACKED) return
    feed.skip(4)
    const end = unpackBlock(await feed.take(word), out, 0)
    if (end === undefined) throw feed.fail.malformed(place, 'a block does not unpack within 8 MiB')
    yield out.subarray(0, end)
  }
}

async function peekWord(feed: Feed): Promise<Uint8Array> {
  const window = await feed.peek(4)
  if (window.byteLength < 4) throw feed.fail.truncated(feed.place, 'a block or the next frame was expected')
  return window
}

function sized(buffer: { out: Uint8Array }, length: number): Uint8Array {
  if (buffer.out.byteLength < length) buffer.out = new Uint8Array(length)
  return buffer.out.subarray(0, length)
}

function wordOf(bytes: Uint8Array): number {
  return (bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)) >>> 0
}
