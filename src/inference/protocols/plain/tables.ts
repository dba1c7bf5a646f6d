import type { Json } from '../../../core/index.ts'
import { compileTable, type Table, type TableColumn } from '../../../model/index.ts'
import type { ServedModel } from '../codec.ts'
import { refuse } from '../refuse.ts'
import type { Examples } from './examples.ts'
import { MAX_ROWS, MAX_TABLE_BYTES, MAX_VALUES } from './limits.ts'

const compiled = new WeakMap<ServedModel, Table>()

/**
 * The columns of a served model, compiled once. Throws REQUEST_INVALID for one that takes images, (ModelError)
 * COLUMNS_INVALID for any other that takes no tables.
 */
export function tableOf(model: ServedModel): Table {
  const known = compiled.get(model)
  if (known !== undefined) return known
  if (model.preprocessor.takesImages && model.config.columns === undefined)
    throw refuse(
      'The model takes images, not tables or texts',
      'Send the bytes of an image, or {"image": "<base64>"} as JSON.',
    )
  const table = compileTable(model.signature, model.config)
  compiled.set(model, table)
  return table
}

/** The column of a model that takes one text an example; undefined for all others. */
export function textColumnOf(table: Table): TableColumn | undefined {
  const [column] = table.columns
  return table.columns.length === 1 && column!.type === 'text' ? column : undefined
}

/** Rows of cells in the order of the columns. */
export function examplesOfRows(
  table: Table,
  rows: readonly (readonly Json[])[],
  listed: boolean,
  where?: (row: number) => string,
): Examples {
  checkCount(table, rows.length)
  const width = table.columns.length
  rows.forEach((row, index) => {
    if (row.length !== width)
      throw refuse(
        `${where?.(index) ?? `Row ${index + 1}`}: expected ${width} ${width === 1 ? 'value' : 'values'}, found ${row.length}`,
        namesHint(table),
      )
  })
  const tensors = table.tensors({
    count: rows.length,
    value: (row, column) => rows[row]![column],
    ...(where && { where }),
  })
  return { inputs: tensors, count: rows.length, listed }
}

/** Throws REQUEST_INVALID for no row, and for more than run at once. */
export function checkCount({ width }: Table, count: number): void {
  if (count === 0) throw refuse('There is no row', 'Send one at least.')
  const most = Math.min(MAX_ROWS, Math.max(1, Math.floor(MAX_VALUES / Math.max(1, width))))
  if (count > most)
    throw refuse(
      `There are more than ${most} rows`,
      `A request is answered as one batch: send up to ${most} rows of this model at once.`,
    )
}

const MAX_LISTED = 20

export function namesHint({ columns, named }: Table): string {
  if (!named) return `The model takes ${columns.length} ${columns.length === 1 ? 'value' : 'values'} a row.`
  const names = columns.slice(0, MAX_LISTED).map(({ name }) => name)
  return `The columns are ${names.join(', ')}${columns.length > MAX_LISTED ? ' …' : ''}.`
}

/** Throws REQUEST_INVALID for bytes that are too many, or no UTF-8. A byte order mark is left out. */
export function textOf(bytes: Buffer): string {
  if (bytes.length > MAX_TABLE_BYTES)
    throw refuse(
      `The body has ${bytes.length} bytes, and rows are read up to ${MAX_TABLE_BYTES}`,
      'Send several smaller requests, or tensors in binary.',
    )
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw refuse('The body is no UTF-8', 'Save the text in UTF-8, without another encoding.')
  }
  const zero = text.indexOf('\0')
  if (zero < 0) return text
  throw refuse(`The character ${zero + 1} of the body is 0, which is no text`, 'Send text in UTF-8.')
}

/** Lines, without their ends, one after another: a body of nothing but ends of lines makes no millions of strings. */
export function* linesOf(text: string): Generator<string, void> {
  for (let from = 0; from <= text.length; ) {
    const end = text.indexOf('\n', from)
    const to = end < 0 ? text.length : end
    yield text.slice(from, to > from && text[to - 1] === '\r' ? to - 1 : to)
    from = to + 1
  }
}
