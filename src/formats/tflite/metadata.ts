import type { ByteSource } from '../../core/index.ts'
import { BallastError } from '../../core/index.ts'
import { sliceOf } from '../bytes/ranges.ts'
import { Flatbuffer, type Table } from '../flatbuffers/reader.ts'
import { metadataEntry } from '../tensors.ts'
import type { MetadataEntry } from '../types.ts'
import { openZip } from '../zip/archive.ts'
import type { BufferRange } from './buffers.ts'
import { fail } from './limits.ts'

/** A buffer that is shown as text. */
const MAX_SHOWN_BYTES = 1024
/** What TensorFlow Lite's metadata library writes: a flatbuffer of its own (metadata_schema.fbs). */
const MODEL_METADATA = 'TFLITE_METADATA'
/** Its texts, by slot. */
const FIELDS: ReadonlyMap<number, string> = new Map([
  [0, 'name'],
  [1, 'description'],
  [2, 'version'],
  [4, 'author'],
  [5, 'license'],
])
/** Of a zip archive's end, with a comment. */
const END_BYTES = 22 + 1024

/** A model's own description, its Metadata (0 name, 1 buffer) and the files in the zip archive behind it. */
export async function readMetadata(
  buffer: Flatbuffer,
  model: Table,
  buffers: readonly BufferRange[],
  notes: string[],
): Promise<MetadataEntry[]> {
  const entries: MetadataEntry[] = []
  const description = await buffer.text(model, 3)
  if (description) entries.push(metadataEntry('description', description, notes))
  for (const at of await buffer.tables(model, 6)) {
    const table = await buffer.table(at)
    const name = (await buffer.text(table, 0)) ?? ''
    const index = await buffer.scalar(table, 1, 'uint32')
    const range = buffers[index]
    if (!range)
      throw fail.malformed(
        { name: buffer.source.name, offset: at },
        `metadata is in buffer ${index} of ${buffers.length}`,
      )
    if (name === MODEL_METADATA) entries.push(...(await modelMetadata(buffer.source, range, notes)))
    else entries.push(metadataEntry(name, await shown(buffer.source, range), notes))
  }
  for (const file of await associatedFiles(buffer.source, notes))
    entries.push(metadataEntry('associated file', file, notes))
  return entries
}

async function modelMetadata(
  source: ByteSource,
  { start, end }: BufferRange,
  notes: string[],
): Promise<MetadataEntry[]> {
  const inner = new Flatbuffer(sliceOf(source, start, end - start, `${source.name}, metadata`), fail)
  const root = await inner.root('M001')
  const entries: MetadataEntry[] = []
  for (const [slot, key] of FIELDS) {
    const value = await inner.text(root, slot)
    if (value) entries.push(metadataEntry(`model ${key}`, value, notes))
  }
  return entries
}

async function shown(source: ByteSource, { start, end }: BufferRange): Promise<string> {
  const size = end - start
  if (size > MAX_SHOWN_BYTES) return `${size} bytes`
  const text = Buffer.from(await source.read(start, size))
    .toString('latin1')
    .replace(/\0+$/, '')
  return /^[\x20-\x7e\s]*$/.test(text) ? text : `${size} bytes`
}

/** Labels and vocabularies in a zip archive that was appended to the model. */
async function associatedFiles(source: ByteSource, notes: string[]): Promise<string[]> {
  const start = Math.max(0, source.size - END_BYTES)
  const end = Buffer.from(await source.read(start, source.size - start))
  if (!end.includes('PK\x05\x06', 0, 'latin1')) return []
  try {
    return (await openZip(source)).entries.map(({ name }) => name)
  } catch (cause) {
    if (!(cause instanceof BallastError)) throw cause
    notes.push(`there is a zip archive behind the model that can't be read: ${cause.message}`)
    return []
  }
}
