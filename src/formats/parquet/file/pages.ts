import type { ByteSource } from '../../../core/index.ts'
import { sliceOf } from '../../bytes/ranges.ts'
import { Feed } from '../../codecs/feed.ts'
import type { FormatsError, Place } from '../../errors.ts'
import { decompressPage } from '../encodings/compression.ts'
import { readHybrid } from '../encodings/rle.ts'
import { fail, MAX_PAGE_BYTES, MAX_PAGE_HEADER_BYTES, MAX_PAGE_VALUES } from '../limits.ts'
import { numberAt, ShortThrift, structAt, ThriftReader, type ThriftStruct } from '../thrift.ts'
import type { Chunk } from './footer.ts'
import type { Leaf } from './schema.ts'

const FIRST_HEADER_BYTES = 1024
const DATA = 0
const DICTIONARY = 2
const DATA_V2 = 3
const RLE = 3

/** A page of a column, unpacked. */
export interface Page {
  readonly kind: 'dictionary' | 'data'
  /** Nulls counted. */
  readonly count: number
  readonly encoding: number
  readonly bytes: Uint8Array
  /** Of each value, whether it is there (the column's highest level); absent where all must be. */
  readonly definition?: Uint32Array
  /** Of each value, 0 where a row begins; absent for columns without lists. */
  readonly repetition?: Uint32Array
  readonly place: Place
}

/** The pages of a column in one row group, one held at a time. */
export async function* pagesOf(source: ByteSource, chunk: Chunk, leaf: Leaf): AsyncGenerator<Page, void> {
  const feed = new Feed(sliceOf(source, chunk.start, chunk.bytes, source.name), fail)
  const placeOf = (): Place => ({ name: source.name, offset: chunk.start + feed.offset })
  let left = chunk.values
  while (left > 0) {
    const place = placeOf()
    const header = await readHeader(feed, place)
    const [type, size, packedSize] = [1, 2, 3].map(id => numberAt(header, id) ?? -1) as [
      number,
      number,
      number,
    ]
    if (!(packedSize >= 0 && packedSize <= feed.remaining))
      throw fail.malformed(
        place,
        `a page has ${packedSize} bytes, and ${feed.remaining} are left of the column`,
      )
    if (!(size >= 0 && size <= MAX_PAGE_BYTES))
      throw fail.limit(place, `a page unpacks to ${size} bytes; the limit is ${MAX_PAGE_BYTES}`)
    const packed = await feed.take(packedSize)
    const page = parsePage(type, header, packed, { size, codec: chunk.codec, leaf, place })
    if (!page) continue
    if (page.kind === 'data') left -= page.count
    if (left < 0) throw fail.malformed(place, 'the pages of a column have more values than it says')
    yield page
  }
}

async function readHeader(feed: Feed, place: Place): Promise<ThriftStruct> {
  for (let length = FIRST_HEADER_BYTES; ; length *= 8) {
    const window = await feed.peek(length)
    if (window.byteLength === 0) throw fail.malformed(place, 'a column has fewer values than it says')
    try {
      const reader = new ThriftReader(window, 0, place)
      const header = reader.struct()
      feed.skip(reader.at)
      return header
    } catch (cause) {
      if (!(cause instanceof ShortThrift)) throw cause
      if (window.byteLength < length) throw fail.malformed(place, "a page's header breaks off", { cause })
      if (length > MAX_PAGE_HEADER_BYTES)
        throw fail.limit(place, `a page's header has more than ${MAX_PAGE_HEADER_BYTES} bytes`)
    }
  }
}

interface Context {
  readonly size: number
  readonly codec: number
  readonly leaf: Leaf
  readonly place: Place
}

/** Undefined for pages that hold no values: indexes. */
function parsePage(
  type: number,
  header: ThriftStruct,
  packed: Uint8Array,
  context: Context,
): Page | undefined {
  const { place, size, codec } = context
  const inner = structAt(header, type === DATA ? 5 : type === DICTIONARY ? 7 : 8)
  if (type !== DATA && type !== DICTIONARY && type !== DATA_V2) return undefined
  if (!inner) throw fail.malformed(place, 'a page has no header of its kind')
  const count = numberAt(inner, 1) ?? -1
  if (!(count >= 0)) throw fail.malformed(place, `a page has ${count} values`)
  if (count > MAX_PAGE_VALUES)
    throw fail.limit(place, `a page has ${count} values; the limit is ${MAX_PAGE_VALUES}`)
  if (type === DATA_V2) return parseSecond(inner, packed, count, context)
  const bytes = unpacked(decompressPage(codec, packed, size), place)
  const encoding = numberAt(inner, 2) ?? -1
  if (type === DICTIONARY) return { kind: 'dictionary', count, encoding, bytes, place }
  return parseFirst(inner, bytes, count, context)
}

/** The first kind of data page has levels and values in one compressed block. */
function parseFirst(inner: ThriftStruct, bytes: Uint8Array, count: number, { leaf, place }: Context): Page {
  let at = 0
  const levels = (most: number, id: number): Uint32Array | undefined => {
    if (most === 0) return undefined
    if (numberAt(inner, id) !== RLE)
      throw fail.unsupported(place, 'levels are encoded in the way that was given up')
    if (at + 4 > bytes.byteLength) throw brokenLevels(place)
    const length = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true)
    if (length > bytes.byteLength - at - 4) throw brokenLevels(place)
    const found = readLevels(bytes.subarray(at + 4, at + 4 + length), most, count, place)
    at += 4 + length
    return found
  }
  const repetition = levels(leaf.maxRepetition, 4)
  const definition = levels(leaf.maxDefinition, 3)
  return {
    kind: 'data',
    count,
    encoding: numberAt(inner, 2) ?? -1,
    bytes: bytes.subarray(at),
    ...(definition && { definition }),
    ...(repetition && { repetition }),
    place,
  }
}

/** The second kind has its levels in front, never compressed. */
function parseSecond(inner: ThriftStruct, packed: Uint8Array, count: number, context: Context): Page {
  const { size, codec, leaf, place } = context
  const [definitions, repetitions] = [numberAt(inner, 5) ?? 0, numberAt(inner, 6) ?? 0]
  const front = definitions + repetitions
  if (!(definitions >= 0 && repetitions >= 0 && front <= packed.byteLength && front <= size))
    throw brokenLevels(place)
  const compressed = inner.get(7) !== false
  const values = packed.subarray(front)
  const bytes = compressed ? unpacked(decompressPage(codec, values, size - front), place) : values
  const repetition =
    leaf.maxRepetition > 0
      ? readLevels(packed.subarray(0, repetitions), leaf.maxRepetition, count, place)
      : undefined
  const definition =
    leaf.maxDefinition > 0
      ? readLevels(packed.subarray(repetitions, front), leaf.maxDefinition, count, place)
      : undefined
  return {
    kind: 'data',
    count,
    encoding: numberAt(inner, 4) ?? -1,
    bytes,
    ...(definition && { definition }),
    ...(repetition && { repetition }),
    place,
  }
}

function readLevels(bytes: Uint8Array, most: number, count: number, place: Place): Uint32Array {
  const levels = readHybrid(bytes, 32 - Math.clz32(most), count)
  if (!levels) throw brokenLevels(place)
  return levels
}

function unpacked(found: Uint8Array | string, place: Place): Uint8Array {
  if (typeof found !== 'string') return found
  throw found.endsWith('is not read')
    ? fail.unsupported(place, `a page: ${found}`)
    : fail.malformed(place, `a page: ${found}`)
}

function brokenLevels(place: Place): FormatsError {
  return fail.malformed(place, "a page's levels go beyond it")
}
