import type { ByteSource } from '../../../core/index.ts'
import { sourceOf } from '../../../core/index.ts'
import type { Range } from '../../protobuf/wire.ts'
import type { TensorflowFailures } from '../failures.ts'
import { crc32c, masked } from './crc32c.ts'
import { unsnappy } from './snappy.ts'

/** A block holds 256 KiB by TensorFlow's rule, and then the entry that reaches over it. */
export const MAX_BLOCK_BYTES = 16 * 1024 * 1024
const MAX_KEY_BYTES = 16 * 1024
/** Of all keys, each in full: prefix compression lets a small file claim endless ones. */
const MAX_KEYS_BYTES = 128 * 1024 * 1024

const FOOTER_BYTES = 48
const MAGIC = Uint8Array.of(0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb)
/** Behind each block: how it is compressed, and its checksum. */
const TRAILER_BYTES = 5

/** A block of entries: decompressed, its restart points cut off. */
interface Block {
  readonly bytes: Uint8Array
  readonly name: string
}

export interface TableEntry {
  readonly key: Uint8Array
  /** Where the value is, in `block`. */
  readonly value: Range
  readonly block: ByteSource
}

/**
 * The entries of a LevelDB table in the order of their keys
 * (https://github.com/google/leveldb/blob/main/doc/table_format.md): blocks of prefix-compressed keys, an index
 * of them, and a footer that names the index. Checksums are verified.
 */
export async function* tableEntries(
  source: ByteSource,
  fail: TensorflowFailures,
): AsyncGenerator<TableEntry, void> {
  const index = await readBlock(source, await indexHandle(source, fail), fail)
  const budget = { keys: MAX_KEYS_BYTES }
  let end = 0
  let last: Uint8Array | undefined
  for (const { value } of entriesOf(index, fail, budget)) {
    const handle = readHandle(index.bytes, value.start, value.end)
    if (!handle || handle.start < end || handle.end > source.size)
      throw fail.malformed(
        { name: index.name, offset: value.start },
        'the index names a block out of order or out of the file',
      )
    end = handle.end
    const block = await readBlock(source, handle, fail)
    const blockSource = sourceOf(block.bytes, block.name)
    for (const entry of entriesOf(block, fail, budget)) {
      if (last && Buffer.compare(last, entry.key) >= 0)
        throw fail.malformed(
          { name: block.name, offset: entry.value.start },
          'a key is not behind the one before it',
        )
      last = entry.key
      yield { ...entry, block: blockSource }
    }
  }
}

/** Metaindex handle and index handle, padding, magic. */
async function indexHandle(source: ByteSource, fail: TensorflowFailures): Promise<Range> {
  const place = { name: source.name, offset: Math.max(0, source.size - FOOTER_BYTES) }
  if (source.size < FOOTER_BYTES)
    throw fail.truncated(place, `an index has ${FOOTER_BYTES} bytes at least; this has ${source.size}`)
  const footer = await source.read(source.size - FOOTER_BYTES, FOOTER_BYTES)
  if (!MAGIC.every((byte, i) => footer[FOOTER_BYTES - MAGIC.length + i] === byte))
    throw fail.truncated(place, 'the file does not end as a LevelDB table does')
  const meta = readHandle(footer, 0, FOOTER_BYTES - MAGIC.length)
  const index = meta && readHandle(footer, meta.next, FOOTER_BYTES - MAGIC.length)
  if (!index || index.end > source.size - FOOTER_BYTES)
    throw fail.malformed(place, 'the footer names no index within the file')
  return index
}

async function readBlock(
  source: ByteSource,
  { start, end }: Range,
  fail: TensorflowFailures,
): Promise<Block> {
  const place = { name: source.name, offset: start }
  if (end - start > MAX_BLOCK_BYTES)
    throw fail.limit(place, `a block has ${end - start} bytes; the limit is ${MAX_BLOCK_BYTES}`)
  const stored = await source.read(start, end - start)
  const size = stored.length - TRAILER_BYTES
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength)
  if (masked(crc32c(stored.subarray(0, size + 1))) !== view.getUint32(size + 1, true))
    throw fail.malformed(place, 'the checksum of a block is wrong')
  const compression = stored[size]
  if (compression !== 0 && compression !== 1)
    throw fail.unsupported(place, `a block is compressed by method ${compression}`)
  const content = stored.subarray(0, size)
  const bytes =
    compression === 0
      ? content
      : unsnappy(content, MAX_BLOCK_BYTES, why => fail.malformed(place, `a snappy block is damaged: ${why}`))
  return { bytes: withoutRestarts(bytes, place, fail), name: `${source.name}, block at ${start}` }
}

/** Restart points serve binary search; who reads all needs none. */
function withoutRestarts(
  bytes: Uint8Array,
  place: { name: string; offset: number },
  fail: TensorflowFailures,
): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const restarts = bytes.length < 4 ? Number.NaN : view.getUint32(bytes.length - 4, true)
  const end = bytes.length - 4 - restarts * 4
  if (!(end >= 0))
    throw fail.malformed(place, `a block of ${bytes.length} bytes has ${restarts} restart points`)
  return bytes.subarray(0, end)
}

/** Each entry: bytes shared with the last key, other bytes, bytes of the value; then both. */
function* entriesOf(
  { bytes, name }: Block,
  fail: TensorflowFailures,
  budget: { keys: number },
): Generator<{ key: Uint8Array; value: Range }, void> {
  let key: Uint8Array = new Uint8Array(0)
  for (let at = 0; at < bytes.length; ) {
    const place = { name, offset: at }
    const shared = varint(bytes, at, bytes.length)
    const other = shared && varint(bytes, shared.next, bytes.length)
    const size = other && varint(bytes, other.next, bytes.length)
    if (!size || shared.value > key.length || other.value + size.value > bytes.length - size.next)
      throw fail.malformed(place, 'an entry reaches out of its block')
    const length = shared.value + other.value
    budget.keys -= length
    if (length > MAX_KEY_BYTES || budget.keys < 0)
      throw fail.limit(place, `keys have more than ${MAX_KEY_BYTES} bytes, or ${MAX_KEYS_BYTES} together`)
    const next = new Uint8Array(length)
    next.set(key.subarray(0, shared.value))
    next.set(bytes.subarray(size.next, size.next + other.value), shared.value)
    key = next
    const start = size.next + other.value
    yield { key, value: { start, end: start + size.value } }
    at = start + size.value
  }
}

/** A block handle: offset and size of its content as varints. `end` includes the trailer. */
function readHandle(bytes: Uint8Array, at: number, end: number): (Range & { next: number }) | undefined {
  const offset = varint(bytes, at, end)
  const size = offset && varint(bytes, offset.next, end)
  if (!size || !Number.isSafeInteger(offset.value + size.value + TRAILER_BYTES)) return undefined
  return { start: offset.value, end: offset.value + size.value + TRAILER_BYTES, next: size.next }
}

/** Exact below 2^53; undefined where it is cut off or larger. */
export function varint(
  bytes: Uint8Array,
  at: number,
  end: number,
): { value: number; next: number } | undefined {
  let value = 0
  for (let i = 0; i < 8 && at + i < end; i++) {
    value += (bytes[at + i]! & 0x7f) * 2 ** (7 * i)
    if (bytes[at + i]! < 0x80) return Number.isSafeInteger(value) ? { value, next: at + i + 1 } : undefined
  }
  return undefined
}
