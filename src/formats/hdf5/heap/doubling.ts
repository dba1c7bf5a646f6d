/**
 * The doubling table of a fractal heap (III.G): rows of `width` blocks. The first two rows have blocks of
 * `firstBytes`, each further row has blocks of twice the size; those over `largestDirect` hold rows of their own.
 */
export interface Table {
  readonly width: number
  readonly firstBytes: number
  readonly largestDirect: number
  readonly offsetBits: number
  readonly root?: number
  /** 0: the root is a direct block. */
  readonly rootRows: number
}

/** Bytes of each block of a row. */
export function blockBytes({ firstBytes }: Table, row: number): number {
  return row === 0 ? firstBytes : firstBytes * 2 ** (row - 1)
}

/** The block that holds an offset, with the block's own first offset. */
export function placeOf(table: Table, offset: number): { row: number; column: number; start: number } {
  const firstRow = table.width * table.firstBytes
  const row = offset < firstRow ? 0 : Math.floor(Math.log2(offset / firstRow)) + 1
  const rowStart = row === 0 ? 0 : firstRow * 2 ** (row - 1)
  const size = blockBytes(table, row)
  const column = Math.floor((offset - rowStart) / size)
  return { row, column, start: rowStart + column * size }
}

/** Rows of an indirect block that covers `bytes`. */
export function rowsIn({ width, firstBytes }: Table, bytes: number): number {
  return Math.max(0, Math.floor(Math.log2(bytes / (firstBytes * width))) + 1)
}
