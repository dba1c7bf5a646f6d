import { PIECE_BYTES } from '../ports.ts'
import type { CsvTable } from './read.ts'

/** A column of numbers: its place, and how a cell of it becomes one. */
export interface NumberColumn {
  readonly kind: 'bool' | 'int64' | 'float64'
  readonly index: number
  /** Throws CSV_INVALID with the line. */
  readonly parse: (cell: string, line: number) => number | bigint
}

/**
 * All columns of numbers of a table, read in one pass and held: a table of thousands of columns would be parsed as
 * often. A cell and its comma are two bytes at least, so that what is held is at most four times the file. By index.
 */
export async function holdNumbers(
  table: CsvTable,
  rows: number,
  columns: readonly NumberColumn[],
): Promise<ReadonlyMap<number, Uint8Array>> {
  const held = columns.map(column => ({
    ...column,
    view: new DataView(new ArrayBuffer(rows * widthOf(column))),
  }))
  let row = 0
  for await (const { cells, line } of table.rows()) {
    // A file that has grown meanwhile.
    if (row === rows) break
    for (const { kind, index, parse, view } of held) {
      const value = parse(cells[index]!, line)
      if (kind === 'float64') view.setFloat64(row * 8, Number(value), true)
      else if (kind === 'int64') view.setBigInt64(row * 8, BigInt(value), true)
      else view.setUint8(row, Number(value))
    }
    row++
  }
  return new Map(held.map(({ index, view }) => [index, new Uint8Array(view.buffer)]))
}

/** A held column in pieces of their own. */
export function* piecesOf(column: Uint8Array): Generator<Uint8Array, void> {
  for (let at = 0; at < column.byteLength; at += PIECE_BYTES) yield column.slice(at, at + PIECE_BYTES)
}

function widthOf({ kind }: NumberColumn): number {
  return kind === 'bool' ? 1 : 8
}
