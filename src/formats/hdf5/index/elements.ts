import type { Cursor } from '../bytes/cursor.ts'
import type { Storage } from '../bytes/storage.ts'
import { coordinatesIn, type Grid, numberOf } from './grid.ts'
import type { ChunkTable } from './table.ts'

/** What an array index holds for each chunk: an address, and behind filters a size and a mask. */
export interface ElementReader {
  readonly bytes: number
  /** Takes the element of chunk `index` (in the array's numbering) from the cursor into the table. */
  take(cursor: Cursor, index: number): void
}

/** Client 0: chunks without filters; client 1: with. */
export function elementReader(
  storage: Storage,
  grid: Grid,
  table: ChunkTable,
  { client, bytes }: { client: number; bytes: number },
): ElementReader {
  const sizeBytes = client === 1 ? bytes - storage.widths.address - 4 : 0
  return {
    bytes,
    take(cursor, index) {
      const address = cursor.address()
      const size = client === 1 ? cursor.uint(sizeBytes) : grid.chunkBytes
      const mask = client === 1 ? cursor.u32() : 0
      const number = address === undefined ? undefined : numberOf(grid, coordinatesIn(grid, index))
      if (address !== undefined && number !== undefined) table.add(number, { address, size, mask })
    },
  }
}

/** Throws FORMAT_MALFORMED for a client and an element size that do not go together. */
export function checkElement(cursor: Cursor, client: number, bytes: number): void {
  const { address } = cursor.widths
  const sane = client === 0 ? bytes === address : client === 1 && bytes > address + 4 && bytes <= address + 12
  if (!sane) throw cursor.malformed(`a chunk index has elements of ${bytes} bytes for the client ${client}`)
}
