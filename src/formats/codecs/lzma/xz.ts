import { createHash, type Hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Feed } from '../feed.ts'
import { readBlockHeader } from './block-header.ts'
import { checkOf } from './checks.ts'
import { undelta } from './delta.ts'
import { unlzma2 } from './lzma2.ts'
import { readVli } from './vli.ts'

const HEADER_BYTES = 12
const MAGIC = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])

/**
 * The .xz file format 1.1.0: every stream, one behind the other, with all checks, indexes and paddings verified.
 * Filters are LZMA2 and delta; those for machine code are refused by name.
 */
export async function* unxz(feed: Feed): AsyncGenerator<Uint8Array, void> {
  do {
    yield* stream(feed)
    await skipPadding(feed)
  } while (feed.remaining > 0)
}

async function* stream(feed: Feed): AsyncGenerator<Uint8Array, void> {
  const place = feed.place
  const header = await feed.take(HEADER_BYTES)
  if (!MAGIC.equals(header.subarray(0, 6)))
    throw feed.fail.malformed(place, 'a stream was expected; something else follows')
  if (word(header, 8) !== crc32(header.subarray(6, 8)))
    throw feed.fail.malformed(place, "the stream's header does not match its checksum")
  const id = header[7]!
  if (header[6] !== 0 || checkOf(id) === undefined)
    throw feed.fail.unsupported(place, `the stream's flags are ${header[6]} and ${id}, which are not defined`)
  const seen = { blocks: 0, hash: createHash('sha256') }
  for (;;) {
    const [size = 0] = await peekByte(feed)
    if (size === 0) break
    yield* block(feed, size * 4 + 4, id, seen)
  }
  const indexBytes = await readIndex(feed, seen)
  await readFooter(feed, header, indexBytes)
}

interface Seen {
  blocks: number
  /** Over the two sizes of each block: the index must say the same, however long it is. */
  readonly hash: Hash
}

async function* block(
  feed: Feed,
  headerBytes: number,
  id: number,
  seen: Seen,
): AsyncGenerator<Uint8Array, void> {
  const start = feed.offset
  const place = feed.place
  const header = readBlockHeader(await feed.take(headerBytes), place, feed.fail)
  const check = checkOf(id)!
  let size = 0
  const pieces = unlzma2(feed, header.dictionary)
  for await (const piece of header.deltas.length > 0 ? undelta(pieces, header.deltas) : pieces) {
    size += piece.byteLength
    check.update(piece)
    yield piece
  }
  const packed = feed.offset - start - headerBytes
  if ((header.size ?? size) !== size || (header.packedSize ?? packed) !== packed)
    throw feed.fail.malformed(place, `the block has other sizes than its ${packed} and ${size} bytes`)
  await zeros(feed, -packed & 3)
  const stored = await feed.take(check.bytes)
  if (Buffer.compare(stored, check.digest()) !== 0)
    throw feed.fail.malformed(place, 'the block does not match its check')
  seen.blocks++
  seen.hash.update(`${headerBytes + packed + check.bytes} ${size},`)
}

/** Verifies the index against the blocks. Gives its length. */
async function readIndex(feed: Feed, seen: Seen): Promise<number> {
  const start = feed.offset
  const place = feed.place
  let crc = crc32(await feed.take(1))
  const next = async (): Promise<number> => {
    const { value, bytes } = await readVli(feed)
    crc = crc32(bytes, crc)
    return value
  }
  const count = await next()
  if (count !== seen.blocks)
    throw feed.fail.malformed(place, `the index lists ${count} blocks where there are ${seen.blocks}`)
  const hash = createHash('sha256')
  for (let record = 0; record < count; record++) hash.update(`${await next()} ${await next()},`)
  if (hash.digest('hex') !== seen.hash.digest('hex'))
    throw feed.fail.malformed(place, 'the index states other sizes than the blocks have')
  crc = crc32(await zeros(feed, -(feed.offset - start) & 3), crc)
  if (word(await feed.take(4), 0) !== crc)
    throw feed.fail.malformed(place, 'the index does not match its checksum')
  return feed.offset - start
}

async function readFooter(feed: Feed, header: Uint8Array, indexBytes: number): Promise<void> {
  const place = feed.place
  const footer = await feed.take(HEADER_BYTES)
  const good =
    footer[10] === 0x59 &&
    footer[11] === 0x5a &&
    word(footer, 0) === crc32(footer.subarray(4, 10)) &&
    (word(footer, 4) + 1) * 4 === indexBytes &&
    footer[8] === header[6] &&
    footer[9] === header[7]
  if (!good) throw feed.fail.malformed(place, "the stream's end does not agree with its start or its index")
}

/** Zeros between streams and behind the last, four by four. */
async function skipPadding(feed: Feed): Promise<void> {
  while (feed.remaining > 0) {
    const window = await feed.peek(4)
    if (window[0] !== 0) return
    await zeros(feed, 4)
  }
}

async function zeros(feed: Feed, length: number): Promise<Uint8Array> {
  const bytes = await feed.take(length)
  if (bytes.some(byte => byte !== 0)) throw feed.fail.malformed(feed.place, 'the padding is not all zeros')
  return bytes
}

async function peekByte(feed: Feed): Promise<Uint8Array> {
  const window = await feed.peek(1)
  if (window.byteLength === 0) throw feed.fail.truncated(feed.place, 'a block or the index was expected')
  return window
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
}
