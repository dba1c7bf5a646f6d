import type { ByteSource } from '../../core/index.ts'
import { Cursor } from './cursor.ts'
import { fail, MAX_ALIGNMENT, MAX_ENTRIES, MAX_KEY_BYTES, MAX_TENSORS } from './limits.ts'
import { readName } from './names.ts'
import { place as placeTensors } from './placement.ts'
import { type Located, readInfo, type TensorEntry } from './tensors.ts'
import { type GgufValue, ValueReader } from './values.ts'

export interface GgufHeader {
  readonly version: number
  readonly littleEndian: boolean
  readonly metadata: ReadonlyMap<string, GgufValue>
  /** In the order of the file. */
  readonly tensors: readonly Located[]
  /** What a person should know of how the tensors lie. */
  readonly notes: readonly string[]
}

const MAGIC = 'GGUF'
/** Of ggml's formats before GGUF, as their first bytes read. */
const OLDER: ReadonlySet<string> = new Set(['lmgg', 'fmgg', 'tjgg', 'algg'])
const DEFAULT_ALIGNMENT = 32

/**
 * A GGUF file's metadata and where its tensors lie (docs/gguf.md in ggml). Versions 2 and 3; big-endian ones, which
 * only version 3 has, are known by their version's bytes. Throws FORMAT_TRUNCATED, FORMAT_MALFORMED, FORMAT_LIMIT, and
 * FORMAT_UNSUPPORTED for version 1 and versions to come.
 */
export async function readHeader(source: ByteSource): Promise<GgufHeader> {
  const cursor = new Cursor(source)
  await checkMagic(cursor)
  const { version, littleEndian } = await readVersion(cursor)
  // A name, a type and a value; a name, dimensions, a type and an offset.
  const tensorCount = await count(cursor, 'tensors', MAX_TENSORS, 24)
  const entryCount = await count(cursor, 'metadata entries', MAX_ENTRIES, 13)
  const metadata = await readMetadata(cursor, entryCount)
  const entries: TensorEntry[] = []
  while (entries.length < tensorCount) entries.push(await readInfo(cursor))
  const alignment = alignmentOf(source.name, metadata)
  const start = Math.ceil(cursor.offset / alignment) * alignment
  const { tensors, notes } = placeTensors(source, { entries, alignment, start })
  return { version, littleEndian, metadata, tensors, notes }
}

async function checkMagic(cursor: Cursor): Promise<void> {
  const { place } = cursor
  const magic = Buffer.from(await cursor.bytes(4, 'the magic')).toString('latin1')
  if (magic === MAGIC) return
  if (OLDER.has(magic))
    throw fail.unsupported(place, `the file is of a ggml format from before GGUF ('${magic}')`)
  const found = Buffer.from(magic, 'latin1').toString('hex')
  throw fail.malformed(place, `the file should begin with 'GGUF', and begins with the bytes ${found}`)
}

async function readVersion(cursor: Cursor): Promise<Pick<GgufHeader, 'version' | 'littleEndian'>> {
  const { place } = cursor
  const stored = await cursor.uint32('the version')
  // Versions are small: one without its lower half was written the other way round.
  const littleEndian = (stored & 0xffff) !== 0
  const version = littleEndian ? stored : Buffer.from(Uint32Array.of(stored).buffer).readUInt32BE(0)
  if (version === 1) {
    throw fail.unsupported(place, 'version 1', {
      hint: 'Version 1 was written in August 2023 alone: convert the original model again with a current llama.cpp.',
    })
  }
  if (version !== 3 && !(version === 2 && littleEndian)) {
    const order = littleEndian ? '' : ', big-endian'
    throw fail.unsupported(place, `version ${version}${order}; known are 2, and 3 in both byte orders`)
  }
  cursor.setByteOrder(littleEndian)
  return { version, littleEndian }
}

async function count(cursor: Cursor, what: string, most: number, leastBytes: number): Promise<number> {
  const { place } = cursor
  const number = await cursor.size(`the count of ${what}`)
  if (number > most) throw fail.limit(place, `${number} ${what}; the limit is ${most}`)
  if (number * leastBytes > cursor.rest) {
    throw fail.truncated(
      place,
      `${number} ${what} take at least ${number * leastBytes} bytes, and ${cursor.rest} are left`,
    )
  }
  return number
}

async function readMetadata(cursor: Cursor, entries: number): Promise<ReadonlyMap<string, GgufValue>> {
  const metadata = new Map<string, GgufValue>()
  const values = new ValueReader(cursor)
  for (let i = 0; i < entries; i++) {
    const { place } = cursor
    const key = await readName(cursor, 'a key', MAX_KEY_BYTES)
    if (metadata.has(key)) throw fail.malformed(place, `the key '${key}' occurs twice`)
    metadata.set(key, await values.value())
  }
  return metadata
}

function alignmentOf(name: string, metadata: ReadonlyMap<string, GgufValue>): number {
  const entry = metadata.get('general.alignment')
  if (!entry) return DEFAULT_ALIGNMENT
  const alignment = entry.type === 'uint32' ? Number(entry.value) : Number.NaN
  // A power of two has one bit; ggml asks for one.
  const powerOfTwo = alignment > 0 && alignment <= MAX_ALIGNMENT && (alignment & (alignment - 1)) === 0
  if (powerOfTwo) return alignment
  const found = typeof entry.value === 'object' ? '' : ` ${entry.value}`
  throw fail.malformed(
    { name },
    `general.alignment is the ${entry.type}${found}; it is a uint32, a power of two up to ${MAX_ALIGNMENT}`,
  )
}
