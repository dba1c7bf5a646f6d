import type { ByteSource } from '../../core/index.ts'
import { chunksOf, sliceOf } from '../bytes/ranges.ts'
import { failing } from '../errors.ts'
import { decodeName, readDirectory } from './directory.ts'
import { invalidZip, widen, type ZipEntry } from './records.ts'
import { unpackEntry, verified } from './unpack.ts'

const LOCAL_BYTES = 30
/** Read with it, as name and extra fields are seldom longer: an archive of thousands of entries is half as many reads. */
const NAMES_BYTES = 256
/** How much of a stored entry is read at once to compute its checksum. */
const VERIFY_BYTES = 2 ** 20

/** A zip archive, read by ranges. The archive's source stays the caller's to close. */
export interface ZipArchive {
  readonly entries: readonly ZipEntry[]
  /**
   * The bytes of one entry. A stored one is a range of the archive (its checksum is not computed); a deflated one is
   * unpacked, its size and checksum verified: into memory up to 32 MiB, else to disk, which closing it gives back.
   * Throws ZIP_ENTRY_MISSING, ZIP_INVALID or DATA_LIMIT.
   */
  open(name: string): Promise<ByteSource>
  /** Reads an entry whole and compares its checksum. Throws as `open`, ZIP_INVALID where it differs. */
  verify(name: string): Promise<void>
}

/**
 * Reads the central directory and checks every entry of it: names, overlaps, methods. What local headers say must be
 * the same when an entry is opened. Throws ZIP_INVALID, ZIP_UNSUPPORTED, ZIP_NAME or DATA_LIMIT.
 */
export async function openZip(source: ByteSource): Promise<ZipArchive> {
  const entries = await readDirectory(source)
  const byName = new Map(entries.filter(entry => !entry.directory).map(entry => [entry.name, entry]))
  const find = (name: string): ZipEntry => {
    const entry = byName.get(name)
    if (entry) return entry
    const names = [...byName.keys()].slice(0, 20).join(', ')
    throw failing('ZIP_ENTRY_MISSING', `It has ${names}.`)(`${source.name} has no entry '${name}'`)
  }
  return {
    entries,
    open: async name => openEntry(source, find(name)),
    async verify(name) {
      const entry = find(name)
      const content = await openEntry(source, entry)
      if (entry.method === 'stored')
        for await (const _ of verified(chunksOf(content, VERIFY_BYTES), entry, content.name));
      await content.close()
    },
  }
}

async function openEntry(source: ByteSource, entry: ZipEntry): Promise<ByteSource> {
  const start = await checkLocalHeader(source, entry)
  const label = `${entry.name} in ${source.name}`
  if (entry.method !== 'stored') return unpackEntry(source, start, entry, label)
  if (entry.size !== entry.compressedSize)
    throw invalidZip(`${label} is stored, and has two sizes: ${entry.compressedSize} and ${entry.size}`)
  return sliceOf(source, start, entry.size, label)
}

/** Where the data begins. Name, method and sizes must be those of the directory: readers must not disagree on them. */
async function checkLocalHeader(source: ByteSource, entry: ZipEntry): Promise<number> {
  const most = Math.min(LOCAL_BYTES + NAMES_BYTES, source.size - entry.offset)
  const head = await source.read(entry.offset, Math.max(LOCAL_BYTES, most))
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  if (view.getUint32(0, true) !== 0x04034b50)
    throw invalidZip(`'${entry.name}' has no local header where the directory says`)
  const [nameLength, extraLength] = [view.getUint16(26, true), view.getUint16(28, true)]
  const start = entry.offset + LOCAL_BYTES + nameLength + extraLength
  if (start + entry.compressedSize > source.size)
    throw invalidZip(`'${entry.name}' goes beyond the end of ${source.name}`)
  const names =
    LOCAL_BYTES + nameLength + extraLength <= head.length
      ? head.subarray(LOCAL_BYTES)
      : await source.read(entry.offset + LOCAL_BYTES, nameLength + extraLength)
  const name = decodeName(names.subarray(0, nameLength))
  if (name !== entry.name)
    throw invalidZip(`The directory says '${entry.name}' where the local header says '${name}'`)
  const flags = view.getUint16(6, true)
  const streamed = (flags & 8) !== 0
  const method = entry.method === 'stored' ? 0 : 8
  if (view.getUint16(8, true) !== method || streamed !== entry.streamed || (flags & 1) !== 0)
    throw invalidZip(`The directory and the local header of '${name}' disagree on how it is stored`)
  if (!streamed) checkSizes(view, names.subarray(nameLength, nameLength + extraLength), entry)
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
