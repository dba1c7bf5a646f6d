import { promisify } from 'node:util'
import { crc32, createInflateRaw, inflateRaw } from 'node:zlib'
import { type ByteSource, messageOf, sourceOf } from '../../core/index.ts'
import { sliceOf } from '../bytes/ranges.ts'
import { MAX_HELD_BYTES } from '../bytes/spool.ts'
import { ENGINE_CHUNK, through } from '../codecs/engine.ts'
import { Feed } from '../codecs/feed.ts'
import { spooled } from '../codecs/unwrap.ts'
import { type Failures, FormatsError, failing, failuresOf } from '../errors.ts'
import { invalidZip, type ZipEntry } from './records.ts'

/** The largest single files that are published have some 50 GB; beyond 32 MiB an entry is unpacked to disk. */
export const MAX_UNPACKED_BYTES: number = 64 * 2 ** 30
/** Deflate reaches 1,032 : 1 at the very most; a size stated above that is a lie. */
export const MAX_RATIO = 1100
/** Above this, an entry that shrinks to under a hundredth is zeros made to fill a disk. */
export const LARGE_BYTES: number = 2 ** 30
export const MAX_LARGE_RATIO = 100

const inflate = promisify(inflateRaw)
const fail: Failures = failuresOf('deflate', 'Make the archive again, or fetch it again.')

/** Refuses by the sizes alone, before anything is unpacked. Throws DATA_LIMIT. */
export function checkExpansion(entry: ZipEntry, label: string): void {
  const { size, compressedSize } = entry
  const within =
    size <= MAX_UNPACKED_BYTES &&
    size <= compressedSize * MAX_RATIO + 64 &&
    (size <= LARGE_BYTES || size <= compressedSize * MAX_LARGE_RATIO)
  if (within) return
  throw failing(
    'DATA_LIMIT',
    'Save it uncompressed, or in smaller arrays.',
  )(`${label} says it unpacks from ${compressedSize} to ${size} bytes, which is over the limits`)
}

/** A deflated entry's content, its size and checksum verified: in memory up to 32 MiB, else on disk. */
export async function unpackEntry(
  source: ByteSource,
  start: number,
  entry: ZipEntry,
  label: string,
): Promise<ByteSource> {
  checkExpansion(entry, label)
  if (entry.size <= MAX_HELD_BYTES)
    return sourceOf(await unpackHeld(await source.read(start, entry.compressedSize), entry, label), label)
  const packed = sliceOf(source, start, entry.compressedSize, label)
  try {
    return await spooled(verified(inflateRawOf(packed), entry, label), label)
  } catch (cause) {
    if (cause instanceof FormatsError && cause.code.startsWith('FORMAT_'))
      throw invalidZip(`${label} could not be unpacked: ${cause.message}`, { cause })
    throw cause
  }
}

async function unpackHeld(packed: Uint8Array, entry: ZipEntry, label: string): Promise<Uint8Array> {
  let bytes: Uint8Array
  try {
    // At least 1: zlib refuses a limit of 0.
    bytes = await inflate(packed, { maxOutputLength: Math.max(1, entry.size) })
  } catch (cause) {
    throw invalidZip(`${label} could not be unpacked: ${messageOf(cause)}`, { cause })
  }
  checkSize(bytes.byteLength, entry, label)
  if (crc32(bytes) !== entry.crc32) throw mismatch(label)
  return bytes
}

/** A raw deflate stream in pieces. Throws FORMAT_MALFORMED or FORMAT_TRUNCATED. */
export function inflateRawOf(packed: ByteSource): AsyncGenerator<Uint8Array, void> {
  const feed = new Feed(packed, fail)
  return through(feed, feed.pieces(packed.size), createInflateRaw({ chunkSize: ENGINE_CHUNK }))
}

/** Passes pieces on and stops at the first byte beyond the stated size; throws ZIP_INVALID there, and for the checksum. */
export async function* verified(
  pieces: AsyncIterable<Uint8Array>,
  entry: ZipEntry,
  label: string,
): AsyncGenerator<Uint8Array, void> {
  let size = 0
  let crc = 0
  for await (const piece of pieces) {
    size += piece.byteLength
    if (size > entry.size) checkSize(size, entry, label)
    crc = crc32(piece, crc)
    yield piece
  }
  checkSize(size, entry, label)
  if (crc !== entry.crc32) throw mismatch(label)
}

function checkSize(size: number, entry: ZipEntry, label: string): void {
  if (size === entry.size) return
  const more = size > entry.size ? 'more than it says' : `${size} bytes`
  throw invalidZip(`${label} unpacks to ${more}, and says ${entry.size}`)
}

function mismatch(label: string): FormatsError {
  return invalidZip(`${label} does not match its checksum`)
}
