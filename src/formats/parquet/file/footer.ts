import type { ByteSource } from '../../../core/index.ts'
import { fail, MAX_FOOTER_BYTES } from '../limits.ts'
import {
  listAt,
  numberAt,
  ShortThrift,
  structAt,
  ThriftReader,
  type ThriftStruct,
  type ThriftValue,
  textAt,
} from '../thrift.ts'
import { type Leaf, leavesOf } from './schema.ts'

/** Where a column's pages of one row group lie. */
export interface Chunk {
  readonly start: number
  readonly bytes: number
  readonly codec: number
  /** Nulls and each element of lists counted. */
  readonly values: number
}

export interface RowGroup {
  readonly rows: number
  /** In the order of the schema's leaves. */
  readonly chunks: readonly Chunk[]
}

export interface Footer {
  readonly version: number
  readonly rows: number
  readonly leaves: readonly Leaf[]
  readonly groups: readonly RowGroup[]
  readonly metadata: readonly { readonly key: string; readonly value: string }[]
  readonly createdBy: string | undefined
}

const TAIL_BYTES = 8
const FIRST_READ = 64 * 1024

/** The metadata at a Parquet file's end (parquet.thrift, FileMetaData), checked against the file. */
export async function readFooter(source: ByteSource): Promise<Footer> {
  const { name, size } = source
  if (size < TAIL_BYTES + 4) throw fail.truncated({ name, offset: size }, 'it is shorter than its marks')
  const start = size - Math.min(size, FIRST_READ)
  const tail = await source.read(start, size - start)
  const mark = Buffer.from(tail.subarray(-4)).toString('latin1')
  const place = { name, offset: size - TAIL_BYTES }
  if (mark === 'PARE') throw fail.unsupported(place, 'the metadata is encrypted')
  if (mark !== 'PAR1') throw fail.truncated(place, 'the mark PAR1 is missing at the end')
  const length = new DataView(tail.buffer, tail.byteOffset + tail.byteLength - 8, 4).getUint32(0, true)
  if (length > MAX_FOOTER_BYTES)
    throw fail.limit(place, `the metadata has ${length} bytes; the limit is ${MAX_FOOTER_BYTES}`)
  const offset = size - TAIL_BYTES - length
  if (offset < 4) throw fail.malformed(place, `the metadata has ${length} bytes, and the file ${size}`)
  const bytes =
    offset >= start
      ? tail.subarray(offset - start, offset - start + length)
      : await source.read(offset, length)
  return parseFooter(bytes, name, offset)
}

function parseFooter(bytes: Uint8Array, name: string, offset: number): Footer {
  const place = { name, offset }
  let fields: ThriftStruct
  try {
    fields = new ThriftReader(bytes, 0, place).struct()
  } catch (cause) {
    if (cause instanceof ShortThrift) throw fail.malformed(place, 'the metadata breaks off')
    throw cause
  }
  const leaves = leavesOf(structs(listAt(fields, 2)), place)
  const groups = structs(listAt(fields, 4)).map(group => groupOf(group, leaves, name, offset))
  const rows = numberAt(fields, 3) ?? 0
  const counted = groups.reduce((sum, group) => sum + group.rows, 0)
  if (!(Number.isSafeInteger(rows) && rows === counted))
    throw fail.malformed(place, `it says ${rows} rows, and its row groups have ${counted}`)
  return {
    version: numberAt(fields, 1) ?? 0,
    rows,
    leaves,
    groups,
    metadata: structs(listAt(fields, 5)).map(pair => ({
      key: textAt(pair, 1) ?? '',
      value: textAt(pair, 2) ?? '',
    })),
    createdBy: textAt(fields, 6),
  }
}

function groupOf(group: ThriftStruct, leaves: readonly Leaf[], name: string, end: number): RowGroup {
  const place = { name, offset: end }
  const rows = numberAt(group, 3) ?? -1
  const columns = structs(listAt(group, 1))
  if (!(Number.isSafeInteger(rows) && rows >= 0)) throw fail.malformed(place, `a row group has ${rows} rows`)
  if (columns.length !== leaves.length)
    throw fail.malformed(place, `a row group has ${columns.length} columns, the schema ${leaves.length}`)
  const chunks = columns.map((column, index): Chunk => {
    const label = leaves[index]!.path.join('.')
    const meta = structAt(column, 3)
    if (column.has(8) || !meta)
      throw fail.unsupported(place, `the column '${label}' is encrypted or has no metadata`)
    // A name of another file: the format's own way out of the folder, which nobody uses.
    if (textAt(column, 1)) throw fail.unsupported(place, `the column '${label}' lies in another file`)
    const [data, dictionary] = [numberAt(meta, 9) ?? -1, numberAt(meta, 11)]
    const start = dictionary !== undefined && dictionary > 0 ? Math.min(dictionary, data) : data
    const [bytes, values] = [numberAt(meta, 7) ?? -1, numberAt(meta, 5) ?? -1]
    const sane = [start, bytes, values].every(value => Number.isSafeInteger(value) && value >= 0)
    if (!sane || start + bytes > end)
      throw fail.malformed(
        place,
        `the column '${label}' lies at ${start} with ${bytes} bytes, beyond the data`,
      )
    return { start, bytes, codec: numberAt(meta, 4) ?? 0, values }
  })
  return { rows, chunks }
}

function structs(values: readonly ThriftValue[]): readonly ThriftStruct[] {
  return values.filter((value): value is ThriftStruct => value instanceof Map)
}
