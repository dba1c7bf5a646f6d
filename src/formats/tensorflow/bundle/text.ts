import type { Place } from '../../errors.ts'
import { MAX_TEXT_BYTES } from '../limits.ts'
import { piecesOf } from '../pieces.ts'
import { shownText } from '../text.ts'
import { crc32c, masked } from './crc32c.ts'
import type { BundleEntry } from './entry.ts'
import type { BundleReading } from './read.ts'

/** Bytes of a varint; a length has five at most, or ten. */
const MAX_VARINT = 10

/**
 * The elements of a text tensor: a varint length of each, a checksum of the lengths (as uint32, or uint64 above
 * that), then the bytes. The entry's checksum goes over the lengths as numbers, their checksum and the bytes.
 */
export function textElements(
  reading: BundleReading,
  entry: BundleEntry,
  elements: number,
  place: Place,
): AsyncGenerator<string, void> {
  return textBytes(reading, entry, elements, place, shownText)
}

/** The same, each element made something else of. */
export async function* textBytes<T>(
  reading: BundleReading,
  entry: BundleEntry,
  elements: number,
  place: Place,
  make: (bytes: Uint8Array) => T,
): AsyncGenerator<T, void> {
  const { fail } = reading
  if (elements > entry.size)
    throw fail.malformed(place, `${elements} texts do not fit into ${entry.size} bytes`)
  const cursor = cursorOf(reading, entry)
  const lengths: number[] = []
  let crc = 0
  for (let i = 0; i < elements; i++) {
    const length = await readVarint(cursor)
    if (length === undefined || length > entry.size)
      throw fail.malformed(place, `element ${i} of ${elements} has an impossible length`)
    lengths.push(length)
    crc = crc32c(asNumber(length, reading.index.header.bigEndian), crc)
  }
  const stated = await cursor.take(4)
  if (!stated || masked(crc) !== uint32(stated, reading.index.header.bigEndian))
    throw fail.malformed(place, 'the checksum of the lengths is wrong')
  crc = crc32c(stated, crc)
  for (const [i, length] of lengths.entries()) {
    if (length > MAX_TEXT_BYTES) throw fail.limit(place, `element ${i} has ${length} bytes`)
    const bytes = await cursor.take(length)
    if (!bytes) throw fail.malformed(place, `element ${i} of ${length} bytes reaches out of the tensor`)
    crc = crc32c(bytes, crc)
    yield make(bytes)
  }
  if (!cursor.done() || masked(crc) !== entry.crc)
    throw fail.malformed(place, `the checksum of its ${entry.size} bytes from ${entry.offset} is wrong`)
}

interface Cursor {
  take(length: number): Promise<Uint8Array | undefined>
  done(): boolean
}

/** Goes forward over an entry's bytes, in pieces. */
function cursorOf({ shards }: BundleReading, { shard, offset, size }: BundleEntry): Cursor {
  const pieces = shards.reading(shard, source => piecesOf(source, { start: offset, end: offset + size }, 1))
  let piece: Uint8Array = new Uint8Array(0)
  let [at, taken] = [0, 0]
  return {
    done: () => taken === size,
    async take(length) {
      if (length > size - taken) return undefined
      taken += length
      if (length <= piece.length - at) {
        at += length
        return piece.subarray(at - length, at)
      }
      const out = new Uint8Array(length)
      for (let filled = 0; filled < length; ) {
        if (at === piece.length) {
          const next = await pieces.next()
          if (next.done) return undefined
          ;[piece, at] = [next.value, 0]
        }
        const part = piece.subarray(at, at + Math.min(length - filled, piece.length - at))
        out.set(part, filled)
        filled += part.length
        at += part.length
      }
      return out
    },
  }
}

async function readVarint(cursor: Cursor): Promise<number | undefined> {
  let value = 0
  for (let i = 0; i < MAX_VARINT; i++) {
    const byte = (await cursor.take(1))?.[0]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return value
  }
  return undefined
}

/** A length as the checksum has it. */
function asNumber(length: number, bigEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(length > 0xffffffff ? 8 : 4)
  const view = new DataView(bytes.buffer)
  if (bytes.length === 8) view.setBigUint64(0, BigInt(length), !bigEndian)
  else view.setUint32(0, length, !bigEndian)
  return bytes
}

function uint32(bytes: Uint8Array, bigEndian: boolean): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, !bigEndian)
}
