import type { Cursor } from '../bytes/cursor.ts'
import { fail } from '../failures.ts'
import { MAX_FILTERS } from '../limits.ts'

/** One step of a chunk's way to disk. */
export interface Filter {
  readonly id: number
  /** As people call it: `deflate`, `shuffle`, `lzf` …, or what the file says. */
  readonly name: string
  readonly values: readonly number[]
}

const NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'deflate'],
  [2, 'shuffle'],
  [3, 'fletcher32'],
  [4, 'szip'],
  [5, 'nbit'],
  [6, 'scaleoffset'],
  [307, 'bzip2'],
  [32000, 'lzf'],
  [32001, 'blosc'],
  [32004, 'lz4'],
  [32008, 'bitshuffle'],
  [32013, 'zfp'],
  [32015, 'zstd'],
  [32026, 'blosc2'],
])

/** Reads a filter pipeline message (IV.A.2.l), in the order in which filters were applied. */
export function readFilters(cursor: Cursor): readonly Filter[] {
  const version = cursor.version(1, 2)
  const count = cursor.u8()
  if (count > MAX_FILTERS)
    throw fail.limit(cursor.place, `a pipeline has ${count} filters; ${MAX_FILTERS} is the most`)
  if (version === 1) cursor.skip(6)
  return Array.from({ length: count }, () => readFilter(cursor, version))
}

function readFilter(cursor: Cursor, version: number): Filter {
  const id = cursor.u16()
  const nameBytes = version === 1 || id >= 256 ? cursor.u16() : 0
  cursor.skip(2)
  const count = cursor.u16()
  const padded = version === 1 ? Math.ceil(nameBytes / 8) * 8 : nameBytes
  const own = Buffer.from(cursor.take(padded)).toString('utf8').replace(/\0.*$/s, '')
  const values = Array.from({ length: count }, () => cursor.u32())
  if (version === 1 && count % 2 === 1) cursor.skip(4)
  return { id, name: NAMES.get(id) ?? (own || `filter ${id}`), values }
}
