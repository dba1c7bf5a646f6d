import type { ByteSource } from '../../core/index.ts'
import { failing } from '../errors.ts'
import { checkName } from './names.ts'
import { invalidZip, safe, widen, type ZipEntry } from './records.ts'

/** PyTorch writes one entry a tensor, some thousands; a hundred thousand is an attack on memory. */
export const MAX_ENTRIES = 100_000
/** 46 bytes and a name an entry: the names of a hundred thousand entries at 160 bytes each. */
export const MAX_DIRECTORY_BYTES = 16 * 2 ** 20

const END_BYTES = 22
const MAX_COMMENT = 0xffff
const LOCATOR_BYTES = 20
const END64_BYTES = 56
const CENTRAL_BYTES = 46

interface End {
  readonly entries: number
  readonly size: number
  readonly offset: number
}

/** The entries of the central directory, checked. Throws ZIP_INVALID, ZIP_UNSUPPORTED, ZIP_NAME or DATA_LIMIT. */
export async function readDirectory(source: ByteSource): Promise<readonly ZipEntry[]> {
  const end = await readEnd(source)
  if (end.entries > MAX_ENTRIES || end.size > MAX_DIRECTORY_BYTES) {
    throw failing(
      'DATA_LIMIT',
      'Split the archive.',
    )(
      `${source.name} lists ${end.entries} entries in ${end.size} bytes; the limits are ${MAX_ENTRIES} and ${MAX_DIRECTORY_BYTES}`,
    )
  }
  if (end.offset + end.size > source.size)
    throw invalidZip(`The directory of ${source.name} goes beyond its end`)
  const bytes = await source.read(end.offset, end.size)
  const entries: ZipEntry[] = []
  const names = new Set<string>()
  let at = 0
  while (at < bytes.byteLength) {
    const { entry, length } = parseEntry(bytes, at, source.name)
    checkName(entry.name, names)
    entries.push(entry)
    at += length
  }
  if (entries.length !== end.entries)
    throw invalidZip(`${source.name} says it has ${end.entries} entries, and lists ${entries.length}`)
  checkOverlaps(entries, end.offset, source.name)
  return entries
}

async function readEnd(source: ByteSource): Promise<End> {
  const length = Math.min(source.size, END_BYTES + MAX_COMMENT)
  const tail = await source.read(source.size - length, length)
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength)
  for (let at = length - END_BYTES; at >= 0; at--) {
    // The comment must reach exactly to the end, so that no second archive hides behind this one.
    if (view.getUint32(at, true) !== 0x06054b50 || at + END_BYTES + view.getUint16(at + 20, true) !== length)
      continue
    if (view.getUint16(at + 4, true) !== 0 || view.getUint16(at + 6, true) !== 0)
      throw invalidZip(`${source.name} is a part of an archive on several disks`)
    const end = {
      entries: view.getUint16(at + 10, true),
      size: view.getUint32(at + 12, true),
      offset: view.getUint32(at + 16, true),
    }
    const full = end.entries === 0xffff || end.size === 0xffffffff || end.offset === 0xffffffff
    return full ? ((await readEnd64(source, source.size - length + at)) ?? end) : end
  }
  throw invalidZip(
    `${source.name} is no zip archive, or is truncated: its directory's end is missing before byte ${source.size}`,
  )
}

/** The zip64 end record, found through the locator right before `endOffset`; undefined where there is none. */
async function readEnd64(source: ByteSource, endOffset: number): Promise<End | undefined> {
  if (endOffset < LOCATOR_BYTES) return undefined
  const locator = viewOf(await source.read(endOffset - LOCATOR_BYTES, LOCATOR_BYTES))
  if (locator.getUint32(0, true) !== 0x07064b50) return undefined
  const offset = safe(locator.getBigUint64(8, true), source.name)
  if (offset + END64_BYTES > source.size)
    throw invalidZip(`The zip64 record of ${source.name} lies beyond its end`)
  const record = viewOf(await source.read(offset, END64_BYTES))
  if (record.getUint32(0, true) !== 0x06064b50)
    throw invalidZip(`${source.name} has no zip64 record where it says`)
  return {
    entries: safe(record.getBigUint64(32, true), source.name),
    size: safe(record.getBigUint64(40, true), source.name),
    offset: safe(record.getBigUint64(48, true), source.name),
  }
}

function parseEntry(bytes: Uint8Array, at: number, archive: string): { entry: ZipEntry; length: number } {
  if (at + CENTRAL_BYTES > bytes.byteLength)
    throw invalidZip(`The directory of ${archive} ends within an entry`)
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.byteLength - at)
  if (view.getUint32(0, true) !== 0x02014b50)
    throw invalidZip(`The directory of ${archive} is broken at its byte ${at}`)
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map(place => view.getUint16(place, true))
  const length = CENTRAL_BYTES + nameLength! + extraLength! + commentLength!
  if (at + length > bytes.byteLength) throw invalidZip(`The directory of ${archive} ends within an entry`)
  const nameAt = at + CENTRAL_BYTES
  const name = decodeName(bytes.subarray(nameAt, nameAt + nameLength!))
  const extra = bytes.subarray(nameAt + nameLength!, nameAt + nameLength! + extraLength!)
  const flags = view.getUint16(8, true)
  const sizes = {
    size: view.getUint32(24, true),
    compressedSize: view.getUint32(20, true),
    offset: view.getUint32(42, true),
  }
  const entry = {
    name,
    method: methodOf(view.getUint16(10, true), flags, name),
    crc32: view.getUint32(16, true),
    ...widen(sizes, extra, name),
    streamed: (flags & 8) !== 0,
    directory: name.endsWith('/'),
  }
  return { entry, length }
}

/** UTF-8, whatever the flag says: Python writes ASCII without it. Throws ZIP_NAME for other bytes. */
export function decodeName(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw failing('ZIP_NAME', 'Name entries in UTF-8.')('The archive has an entry whose name is not UTF-8', {
      cause,
    })
  }
}

function methodOf(method: number, flags: number, name: string): ZipEntry['method'] {
  const unsupported = failing(
    'ZIP_UNSUPPORTED',
    'Save it without a password, stored or with deflate (numpy.savez does).',
  )
  if ((flags & 1) !== 0) throw unsupported(`The entry '${name}' is encrypted`)
  if (method === 0) return 'stored'
  if (method === 8) return 'deflate'
  throw unsupported(`The entry '${name}' has the compression method ${method}; stored and deflate are read`)
}

/** Entries that share bytes are how a small archive unpacks to petabytes without nesting. */
function checkOverlaps(entries: readonly ZipEntry[], directory: number, archive: string): void {
  const inOrder = entries.toSorted((a, b) => a.offset - b.offset)
  inOrder.forEach((entry, index) => {
    const limit = inOrder[index + 1]?.offset ?? directory
    if (entry.offset + 30 + entry.compressedSize > limit)
      throw invalidZip(`The entry '${entry.name}' of ${archive} overlaps with what follows it`)
  })
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
