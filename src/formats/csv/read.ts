import type { ByteSource } from '../../core/index.ts'
import { textOf } from '../bytes/text.ts'
import { failing } from '../errors.ts'
import { CsvParser, type CsvRow } from './parser.ts'

export interface CsvOptions {
  /** One character; default `,`. */
  readonly delimiter?: string
  /** Columns without a name are called `Unnamed: 0` by their place, as pandas does: its index has none. Else refused. */
  readonly nameless?: 'numbered'
}

/** A table whose first row names its columns. */
export interface CsvTable {
  readonly columns: readonly string[]
  /** The rows behind the header, each as wide as it; streamed, and may be read again from the start. */
  rows(): AsyncGenerator<CsvRow, void>
}

/** Reads the header. Throws CSV_INVALID, also where a column's name is empty or occurs twice. */
export async function openCsv(source: ByteSource, options: CsvOptions = {}): Promise<CsvTable> {
  const all = readCsv(source, options)
  const { value: header } = await all.next()
  await all.return()
  const invalid = failing('CSV_INVALID', 'Begin the file with a row that names each column once.')
  if (!header) throw invalid(`${source.name} is empty`)
  const columns =
    options.nameless === 'numbered'
      ? header.cells.map((name, index) => (name.trim() === '' ? `Unnamed: ${index}` : name))
      : header.cells
  const twice = columns.find((name, index) => name.trim() === '' || columns.indexOf(name) !== index)
  if (twice !== undefined)
    throw invalid(`${source.name}:${header.line}: the column name '${twice}' is empty or occurs twice`)
  return { columns, rows: () => bodyOf(source, options, columns.length) }
}

/** Every row, the first too, streamed. Throws CSV_INVALID with the line. */
export async function* readCsv(source: ByteSource, options: CsvOptions = {}): AsyncGenerator<CsvRow, void> {
  const parser = new CsvParser(source.name, options.delimiter ?? ',')
  const invalid = failing('CSV_INVALID', 'Save the file in UTF-8.')
  for await (const text of textOf(source, invalid)) yield* parser.push(text)
  yield* parser.end()
}

/** Characters that are parsed at once, so that a reader who has enough stops early. */
const PIECE = 65_536

/** Every row of a text in memory, the first too. Throws CSV_INVALID with the line. */
export function* parseCsv(text: string, name: string, options: CsvOptions = {}): Generator<CsvRow, void> {
  const parser = new CsvParser(name, options.delimiter ?? ',')
  for (let at = 0; at < text.length; at += PIECE) yield* parser.push(text.slice(at, at + PIECE))
  yield* parser.end()
}

async function* bodyOf(source: ByteSource, options: CsvOptions, width: number): AsyncGenerator<CsvRow, void> {
  let first = true
  for await (const row of readCsv(source, options)) {
    if (!first && row.cells.length !== width) {
      throw failing('CSV_INVALID', 'Give every row as many cells as the header has.')(
        `${source.name}:${row.line}: expected ${width} cells, found ${row.cells.length}`,
        { details: { line: row.line } },
      )
    }
    if (!first) yield row
    first = false
  }
}
