import type { Feed } from '../feed.ts'
import { Bits } from './bits.ts'
import { Block } from './block.ts'
import { crcOf } from './crc.ts'

const BLOCK_BYTES = 100_000
const PIECE_BYTES = 256 * 1024
/** Magic number and checksum of a block or of a stream's end. */
const MARK_BYTES = 10
/** What a block's tables may take: 32,767 choices of up to 6 bits, 6 tables of 258 lengths of up to 39 bits, the rest. */
const TABLES_BYTES = 40_000

const BLOCK = 0x314159265359
const END = 0x177245385090

/**
 * bzip2 streams, one behind the other, with the checksums of each block and stream. A block is held at once, packed
 * and unpacked: 8 MB together at most.
 */
export async function* unbzip2(feed: Feed): AsyncGenerator<Uint8Array, void> {
  // One block for all streams: there may be millions of small ones.
  const held: Held = { out: new Uint8Array(PIECE_BYTES) }
  do yield* stream(feed, held)
  while (feed.remaining > 0)
}

interface Held {
  block?: Block
  readonly out: Uint8Array
}

async function* stream(feed: Feed, held: Held): AsyncGenerator<Uint8Array, void> {
  const place = feed.place
  const head = await feed.take(4)
  const level = head[3]! - 0x30
  if (head[0] !== 0x42 || head[1] !== 0x5a || head[2] !== 0x68 || level < 1 || level > 9)
    throw feed.fail.malformed(
      place,
      `a stream was expected, found the bytes ${Buffer.from(head).toString('hex')}`,
    )
  const { out } = held
  // Of every symbol 20 bits at most; one of them ends the block.
  const most = Math.ceil((level * BLOCK_BYTES * 20) / 8) + TABLES_BYTES
  let bit = 0
  let combined = 0
  for (;;) {
    const mark = await readMark(feed, bit)
    bit = mark.bit
    if (mark.magic === END) {
      if (mark.crc !== combined >>> 0)
        throw feed.fail.malformed(feed.place, 'the stream does not match its checksum')
      // A stream is filled up to a whole byte.
      feed.skip(bit === 0 ? 0 : 1)
      return
    }
    if (held.block?.capacity !== level * BLOCK_BYTES) held.block = new Block(level * BLOCK_BYTES)
    const { block } = held
    bit = await load(feed, block, bit, most)
    let crc = -1
    for (let length = block.drain(out); length > 0; length = block.drain(out)) {
      const piece = out.subarray(0, length)
      crc = crcOf(piece, crc)
      yield piece
    }
    crc = ~crc
    if (crc >>> 0 !== mark.crc) throw feed.fail.malformed(feed.place, 'a block does not match its checksum')
    combined = ((combined << 1) | (combined >>> 31)) ^ crc
  }
}

async function readMark(feed: Feed, bit: number): Promise<{ magic: number; crc: number; bit: number }> {
  const window = await feed.peek(MARK_BYTES + 1)
  if (window.byteLength * 8 - bit < MARK_BYTES * 8)
    throw feed.fail.truncated(feed.place, 'the next block or the end of the stream was expected')
  const bits = new Bits(window, bit)
  const magic = bits.read(24) * 2 ** 24 + bits.read(24)
  const crc = bits.read(16) * 2 ** 16 + bits.read(16)
  if (magic !== BLOCK && magic !== END)
    throw feed.fail.malformed(
      feed.place,
      `a block was expected, found 0x${magic.toString(16).padStart(12, '0')}`,
    )
  feed.skip(bits.position >> 3)
  return { magic, crc, bit: bits.position & 7 }
}

/** Takes a block in. Gives at which bit of the feed's next byte it ended. */
async function load(feed: Feed, block: Block, bit: number, most: number): Promise<number> {
  const window = await feed.peek(most)
  const found = block.load(window, bit)
  if (found.kind === 'fault') throw feed.fail.malformed(feed.place, found.why)
  if (found.kind === 'short') {
    if (window.byteLength === feed.remaining) throw feed.fail.truncated(feed.place, 'a block breaks off')
    throw feed.fail.malformed(feed.place, `a block takes more than ${window.byteLength} bytes`)
  }
  feed.skip(found.end >> 3)
  return found.end & 7
}
