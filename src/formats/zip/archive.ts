import { promisify } from 'node:util'
import { crc32, inflateRaw } from 'node:zlib'
import { type ByteSource, messageOf, sourceOf } from '../../core/index.ts'
import { sliceOf } from '../bytes/ranges.ts'
import { failing } from '../errors.ts'
import { decodeName, readDirectory } from './directory.ts'
import { invalidZip, widen, type ZipEntry } from './records.ts'

/** The most that one compressed entry may unpack to: it is held in memory. */
export const MAX_UNPACKED_BYTES = 2 ** 30
/** Deflate reaches 1,032 : 1 at the very most; a size stated above that is a lie. */
export const MAX_RATIO = 1100

const LOCAL_BYTES = 30
const inflate = promisify(inflateRaw)

/** A zip archive, read by ranges. The archive's source stays the caller's to close. */
export interface ZipArchive {
  readonly entries: readonly ZipEntry[]
  /**
   * The bytes of one entry. A stored one is a range of the archive (its checksum is not computed); a deflated one is
   * unpacked into memory, its size and checksum verified. Throws ZIP_ENTRY_MISSING, ZIP_INVALID or DATA_LIMIT.
   */
  open(name: string): Promise<ByteSource>
}

/**
 * Reads the central directory and checks every entry of it: names, overlaps, methods. What local headers say must be
 * the same when an entry is opened. Throws ZIP_INVALID, ZIP_UNSUPPORTED, ZIP_NAME or DATA_LIMIT.
 */
export async function openZip(source: ByteSource): Promise<ZipArchive> {
  const entries = await readDirectory(source)
  return {
    entries,
    async open(name) {
      const entry = entries.find(candidate => candidate.name === name && !candidate.directory)
      if (entry) return openEntry(source, entry)
      throw failing(
        'ZIP_ENTRY_MISSING',
        `It has ${entries
          .map(e => e.name)
          .slice(0, 20)
          .join(', ')}.`,
      )(`${source.name} has no entry '${name}'`)
    },
  }
}

async function openEntry(source: ByteSource, entry: ZipEntry): Promise<ByteSource> {
  const start = await checkLocalHeader(source, entry)
  const label = `${entry.name} in ${source.name}`
  if (entry.method === 'stored') {
    if (entry.size !== entry.compressedSize)
      throw invalidZip(`${label} is stored, and has two sizes: ${entry.compressedSize} and ${entry.size}`)
    return sliceOf(source, start, entry.size, label)
  }
  if (entry.size > MAX_UNPACKED_BYTES || entry.size > entry.compressedSize * MAX_RATIO + 64) {
    throw failing(
      'DATA_LIMIT',
      'Save it uncompressed, or in smaller arrays.',
    )(
      `${label} says it unpacks from ${entry.compressedSize} to ${entry.size} bytes, which is over the limits`,
    )
  }
  return sourceOf(await unpack(await source.read(start, entry.compressedSize), entry, label), label)
}

async function unpack(packed: Uint8Array, entry: ZipEntry, label: string): Promise<Uint8Array> {
  let bytes: Uint8Array
  try {
    // At least 1: zlib refuses a limit of 0.
    bytes = await inflate(packed, { maxOutputLength: Math.max(1, entry.size) })
  } catch (cause) {
    throw invalidZip(`${label} could not be unpacked: ${messageOf(cause)}`, { cause })
  }
  if (bytes.byteLength !== entry.size)
    throw invalidZip(`${label} unpacks to ${bytes.byteLength} bytes, and says ${entry.size}`)
  if (crc32(bytes) !== entry.crc32) throw invalidZip(`${label} does not match its checksum`)
  return bytes
}

/** Where the data begins. Name, method and sizes must be those of the directory: readers must not disagree on them. */
async function checkLocalHeader(source: ByteSource, entry: ZipEntry): Promise<number> {
  const fixed = await source.read(entry.offset, LOCAL_BYTES)
  const view = new DataView(fixed.buffer, fixed.byteOffset, fixed.byteLength)
  if (view.getUint32(0, true) !== 0x04034b50)
    throw invalidZip(`'${entry.name}' has no local header where the directory says`)
  const [nameLength, extraLength] = [view.getUint16(26, true), view.getUint16(28, true)]
  const start = entry.offset + LOCAL_BYTES + nameLength + extraLength
  if (start + entry.compressedSize > source.size)
    throw invalidZip(`'${entry.name}' goes beyond the end of ${source.name}`)
  const names = await source.read(entry.offset + LOCAL_BYTES, nameLength + extraLength)
  const name = decodeName(names.subarray(0, nameLength))
  if (name !== entry.name)
    throw invalidZip(`The directory says '${entry.name}' where the local header says '${name}'`)
  const streamed = (view.getUint16(6, true) & 8) !== 0
  const method = entry.method === 'stored' ? 0 : 8
  if (view.getUint16(8, true) !== method || streamed !== entry.streamed)
    throw invalidZip(`The directory and the local header of '${name}' disagree on how it is stored`)
  if (!streamed) checkSizes(view, names.subarray(nameLength), entry)
  return start
}

function checkSizes(view: DataView, extra: Uint8Array, entry: ZipEntry): void {
  const stated = { size: view.getUint32(22, true), compressedSize: view.getUint32(18, true), offset: 0 }
  const local = widen(stated, extra, entry.name)
  const crc = view.getUint32(14, true)
  if (local.size === entry.size && local.compressedSize === entry.compressedSize && crc === entry.crc32)
    return
  throw invalidZip(`The directory and the local header of '${entry.name}' disagree on its size or checksum`)
}
