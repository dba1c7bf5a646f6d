import type { Json } from '../../../core/index.ts'
import { type Table, type TableRecord, valueIn } from '../../../model/index.ts'
import type { ServedModel } from '../codec.ts'
import { refuse } from '../refuse.ts'
import type { Examples, ReadExamples } from './examples.ts'
import { examplesOfImages } from './images.ts'
import { checkJson } from './json-size.ts'
import { MAX_IMAGES, MAX_ROWS } from './limits.ts'
import { checkCount, examplesOfRows, linesOf, namesHint, tableOf, textColumnOf, textOf } from './tables.ts'

/**
 *   {"age": 31, "city": "Rome"}         a record, or a list of records, or {"records": […]}
 *   [31, "Rome"]                        a row in the order of the columns, or a list of rows
 *   "a text"                            or a list of texts, or {"text": "…"}: for models that take texts
 *   {"image": "<base64>"}               or a list of such: for models that take images
 */
export const readJson: ReadExamples = ({ bytes }, model) => ofValue(parse(textOf(bytes)), model)

/** A record or a row a line. */
export const readLines: ReadExamples = ({ bytes }, model) => {
  const values: Json[] = []
  for (const line of linesOf(textOf(bytes))) {
    if (line.trim() === '') continue
    values.push(parse(line, `Row ${values.length + 1}`))
    if (values.length > MAX_ROWS) break
  }
  return ofList(values, model)
}

function parse(text: string, where = 'The body'): Json {
  checkJson(text, where)
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : ''
    throw refuse(`${where} is no JSON: ${why}`, 'Send a record, a list of records, or rows of values.')
  }
}

function ofValue(value: Json, model: ServedModel): Examples | Promise<Examples> {
  if (Array.isArray(value)) return ofList(value, model)
  if (!isRecord(value)) return { ...ofRows([[value]], model), listed: false }
  if (model.preprocessor.takesImages) return ofImages(value, model)
  const table = tableOf(model)
  const records = wrapped(value, 'records', table)
  if (Array.isArray(records)) return ofList(records, model)
  const text = textColumnOf(table) && wrapped(value, 'text', table)
  if (text !== undefined)
    return Array.isArray(text) ? ofList(text, model) : { ...ofRows([[text]], model), listed: false }
  return { ...ofRecords(table, [value]), listed: false }
}

/** What the only member of an object holds, where that is no column's name. */
function wrapped(record: TableRecord, key: string, table: Table): Json | undefined {
  if (!Object.hasOwn(record, key) || table.columns.some(({ name }) => name === key)) return undefined
  return Object.keys(record).length === 1 ? record[key] : undefined
}

function ofList(values: readonly Json[], model: ServedModel): Examples | Promise<Examples> {
  if (values.length === 0) throw refuse('There is no row', 'Send one at least.')
  // No row has as many values either.
  if (values.length > MAX_ROWS) throw refuse(`There are more than ${MAX_ROWS} rows`, 'Send fewer at once.')
  if (values.every(isRecord)) {
    if (model.preprocessor.takesImages) return ofImages({ images: values.map(imageOf) }, model)
    return ofRecords(tableOf(model), values)
  }
  if (values.every(isList)) return ofRows(values, model)
  if (values.some(value => isRecord(value) || isList(value)))
    throw refuse('The list holds rows of several kinds', 'Send records, or lists of values, or plain values.')
  // Of a table of one column, each value is a row; of any other, the list is one.
  if (tableOf(model).columns.length === 1)
    return ofRows(
      values.map(value => [value]),
      model,
    )
  return { ...ofRows([values], model), listed: false }
}

function ofRows(rows: readonly (readonly Json[])[], model: ServedModel): Examples {
  return examplesOfRows(tableOf(model), rows, true)
}

function ofRecords(table: Table, records: readonly TableRecord[]): Examples {
  if (!table.named)
    throw refuse(
      'The model has no names for its columns, so a record has no order',
      `Send lists of values, or name the columns as model.columns in ballast.yaml. ${namesHint(table)}`,
    )
  checkCount(table, records.length)
  for (const [row, record] of records.entries()) table.checkRecord(record, `Row ${row + 1}`)
  const { columns } = table
  const inputs = table.tensors({
    count: records.length,
    value: (row, column) => valueIn(records[row]!, columns[column]!),
  })
  return { inputs, count: records.length, listed: true }
}

const IMAGE_HINT = 'Send the image itself, or {"image": "<base64>"}, or a list of such.'

async function ofImages(value: TableRecord, model: ServedModel): Promise<Examples> {
  const listed = Array.isArray(value['images'])
  const images = listed ? (value['images'] as readonly Json[]) : [imageOf(value)]
  if (images.length === 0 || images.length > MAX_IMAGES)
    throw refuse(`There are ${images.length} images`, `Send 1 to ${MAX_IMAGES} at once.`)
  const files = images.map(image => {
    if (typeof image !== 'string' || image === '') throw refuse('An image is no base64', IMAGE_HINT)
    return Buffer.from(image.replace(/^data:[\w/+.-]{1,100};base64,/, ''), 'base64')
  })
  return { ...(await examplesOfImages(files, model)), listed }
}

function imageOf(record: TableRecord): Json {
  const image = Object.hasOwn(record, 'image') ? record['image'] : undefined
  if (image === undefined) throw refuse("The model takes images, and there is no 'image'", IMAGE_HINT)
  return image
}

function isRecord(value: Json): value is TableRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
