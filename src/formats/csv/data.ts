import type { ByteSource } from '../../core/index.ts'
import { Packer } from '../bytes/columns.ts'
import { failing } from '../errors.ts'
import type { ModelInput, OpenModel } from '../ports.ts'
import { singleFile } from '../single-file.ts'
import { tensorMissing } from '../tensors.ts'
import type { TensorInfo } from '../types.ts'
import { holdNumbers, type NumberColumn, piecesOf } from './held.ts'
import { type CellKind, cellKind } from './kinds.ts'
import { type CsvTable, openCsv } from './read.ts'

/** Read whole to count rows and to know every column's type; larger files are judged by their first rows. */
export const MAX_COUNTED_BYTES: number = 16 * 2 ** 20
/** Rows that decide the types of a larger file's columns. */
export const SAMPLE_ROWS = 1000
const HEAD_BYTES = 64 * 1024

const invalid = failing('CSV_INVALID', 'Give each column one kind of value, or quote it as text.')

interface Column {
  readonly name: string
  readonly kind: Exclude<CellKind, 'empty'>
}

/**
 * A CSV file with a header row as a description: a tensor of each column. Numbers are int64 or float64 (an empty cell
 * is NaN), true and false are bool, the rest is text. Rows are counted up to 16 MiB; of a larger file the columns
 * stand in its metadata, and are read by their names all the same. Throws CSV_INVALID.
 */
export async function openCsvData(input: ModelInput): Promise<OpenModel> {
  const { source } = input
  const delimiter = await delimiterOf(source)
  const table = await openCsv(source, { delimiter, nameless: 'numbered' })
  const whole = source.size <= MAX_COUNTED_BYTES
  const { rows, columns } = await inspect(table, whole ? Number.POSITIVE_INFINITY : SAMPLE_ROWS)
  const byName = new Map(columns.map((column, index) => [column.name, { ...column, index }]))
  let held: Promise<ReadonlyMap<number, Uint8Array>> | undefined
  const columnOf = (name: string) => {
    const column = byName.get(name)
    if (column) return column
    throw tensorMissing(source.name, name, byName.keys())
  }
  return {
    file: {
      format: 'csv',
      ...singleFile(input),
      tensors: whole ? columns.map(column => tensorOf(column, rows)) : [],
      parameters: 0,
      metadata: [
        { key: 'delimiter', value: delimiter },
        ...(whole ? [] : [{ key: 'columns', value: JSON.stringify(columns) }]),
      ],
      ...(!whole && {
        notes: [
          `rows are not counted above ${MAX_COUNTED_BYTES} bytes; the first ${rows} say the columns' types`,
        ],
      }),
    },
    async *readTensor(name) {
      const { kind, index } = columnOf(name)
      if (kind === 'string')
        throw failing('FORMAT_UNSUPPORTED', 'Texts are read as texts.')(`${source.name}: '${name}' is text`)
      if (!whole) yield* packed(table, index, kind, source.name)
      else {
        held ??= holdNumbers(table, rows, columns.flatMap(numberColumn(source.name)))
        yield* piecesOf((await held).get(index)!)
      }
    },
    async *readText(name) {
      const { index } = columnOf(name)
      for await (const { cells } of table.rows()) yield cells[index]!
    },
    async close() {
      held = undefined
    },
  }
}

async function inspect(table: CsvTable, most: number): Promise<{ rows: number; columns: readonly Column[] }> {
  const kinds: (CellKind | undefined)[] = table.columns.map(() => undefined)
  let rows = 0
  for await (const { cells } of table.rows()) {
    if (rows === most) break
    rows++
    for (let index = 0; index < kinds.length; index++)
      if (kinds[index] !== 'string') kinds[index] = cellKind(cells[index]!, kinds[index])
  }
  const columns = table.columns.map((name, index) => {
    const kind = kinds[index] ?? 'empty'
    return { name, kind: kind === 'empty' ? ('string' as const) : kind }
  })
  return { rows, columns }
}

async function* packed(
  table: CsvTable,
  index: number,
  kind: 'bool' | 'int64' | 'float64',
  name: string,
): AsyncGenerator<Uint8Array, void> {
  const packer = new Packer(kind)
  for await (const { cells, line } of table.rows()) {
    const piece = packer.push(checked(cells[index]!, kind, name, line))
    if (piece) yield piece
  }
  const rest = packer.rest()
  if (rest.byteLength > 0) yield rest
}

function numberColumn(file: string): (column: Column, index: number) => readonly NumberColumn[] {
  return ({ kind }, index) =>
    kind === 'string' ? [] : [{ kind, index, parse: (cell, line) => checked(cell, kind, file, line) }]
}

/** The number of a cell. Throws CSV_INVALID for one of another kind than its column. */
function checked(cell: string, kind: NumberColumn['kind'], name: string, line: number): number | bigint {
  const found = cellKind(cell, undefined)
  const fits = found === kind || (kind === 'float64' && (found === 'int64' || found === 'empty'))
  if (fits) return numberOf(cell, kind)
  throw invalid(`${name}:${line}: expected ${kind}, found '${cell.slice(0, 100)}'`, { details: { line } })
}

function numberOf(cell: string, kind: 'bool' | 'int64' | 'float64'): number | bigint {
  const text = cell.trim()
  if (kind === 'int64') return BigInt(text.replace(/^\+/, ''))
  if (kind === 'bool') return /^true$/i.test(text) ? 1 : 0
  if (/^[+-]?inf/i.test(text))
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return text === '' ? Number.NaN : Number(text)
}

function tensorOf({ name, kind }: Column, rows: number): TensorInfo {
  const width = kind === 'bool' ? 1 : 8
  return {
    name,
    dtype: kind,
    shape: [rows],
    elements: rows,
    ...(kind !== 'string' && { bytes: rows * width }),
    stored: ['text'],
    role: 'data',
  }
}

/** What stands most often in the first line: a comma, a tab, a semicolon or a bar. */
async function delimiterOf(source: ByteSource): Promise<string> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size))
  const [line = ''] = Buffer.from(head)
    .toString('latin1')
    .split(/[\r\n]/, 1)
  const count = (character: string): number => line.split(character).length - 1
  const candidates = [',', '\t', ';', '|'].map(character => ({ character, times: count(character) }))
  return candidates.toSorted((a, b) => b.times - a.times)[0]!.character
}
