import { FormatsError, parseCsv } from '../../../formats/index.ts'
import type { Table } from '../../../model/index.ts'
import { refuse } from '../refuse.ts'
import type { Examples, ReadExamples } from './examples.ts'
import { parameterOf } from './kinds.ts'
import { MAX_ROWS, MAX_VALUES } from './limits.ts'
import { checkCount, examplesOfRows, tableOf, textOf } from './tables.ts'

interface Line {
  readonly line: number
  readonly cells: readonly string[]
}

/**
 * RFC 4180, with or without a row of names: `header=present` or `header=absent` in the content type says so, else a
 * first row is one where half of its cells are names of columns. Cells stand in the order of the header, else of the
 * columns.
 */
export function csvReader(delimiter: string): ReadExamples {
  return ({ bytes, header }, model) => {
    const table = tableOf(model)
    const lines = linesOf(textOf(bytes), delimiter)
    const [first] = lines
    if (first === undefined) throw refuse('The body is empty', 'Send one row at least.')
    const stated = parameterOf(header, 'header')
    const hasHeader = stated === undefined ? isHeader(first, table) : stated === 'present'
    const rows = hasHeader ? lines.slice(1) : lines
    const where = (row: number): string => `Line ${rows[row]!.line}`
    if (!hasHeader || !table.named)
      return examplesOfRows(
        table,
        rows.map(({ cells }) => cells),
        rows.length > 1,
        where,
      )
    return underHeader(table, first, rows, where)
  }
}

function underHeader(
  table: Table,
  header: Line,
  rows: readonly Line[],
  where: (row: number) => string,
): Examples {
  const places = table.places(header.cells.map(name => name.trim()))
  checkCount(table, rows.length)
  for (const { line, cells } of rows) {
    if (cells.length === header.cells.length) continue
    throw refuse(
      `Line ${line}: expected ${header.cells.length} cells, found ${cells.length}`,
      'Give every row as many as the header has; quote cells that hold commas.',
    )
  }
  const inputs = table.tensors({
    count: rows.length,
    value: (row, column) => rows[row]!.cells[places[column]!],
    where,
  })
  return { inputs, count: rows.length, listed: rows.length > 1 }
}

function isHeader({ cells }: Line, { columns, named }: Table): boolean {
  if (!named) return false
  const names = new Set(columns.map(({ name }) => name))
  const known = cells.filter(cell => names.has(cell.trim())).length
  return known > 0 && known * 2 >= cells.length
}

function linesOf(text: string, delimiter: string): readonly Line[] {
  try {
    const lines: Line[] = []
    let cells = 0
    for (const row of parseCsv(text, 'body', { delimiter })) {
      cells += row.cells.length
      if (cells > MAX_VALUES)
        throw refuse(`There are more than ${MAX_VALUES} cells`, 'Send several smaller requests.')
      // A header, and one more row than is taken: enough to say so.
      if (lines.push(row) > MAX_ROWS + 1) break
    }
    return lines
  } catch (cause) {
    if (!(cause instanceof FormatsError)) throw cause
    throw refuse(`The body is no CSV: ${cause.message}`, cause.hint)
  }
}
