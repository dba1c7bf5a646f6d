import type { Json } from '../../../core/index.ts'
import { compileTable, outputOf, type Table, type TableColumn } from '../../../model/index.ts'
import type { ServedModel } from '../codec.ts'
import { imageInputOf } from '../image-input.ts'
import { EXAMPLE_IMAGE, exampleOfColumn } from './examples.ts'
import { anyOf, elementSchema, objectSchema, oneOf, ref, type Schema } from './schema.ts'

/** A body of one content type. */
export interface Media {
  readonly schema?: Schema
  readonly examples?: { readonly [name: string]: { readonly value: Json } }
}

/** POST /v2/models/M/predict: what the model takes, by content types. */
export function plainContent(model: ServedModel): { readonly [type: string]: Media } {
  if (imageInputOf(model) !== undefined) return imageContent()
  const table = tableOf(model)
  if (table === undefined) return {}
  const [column] = table.columns
  const text = table.columns.length === 1 && column?.type === 'text'
  return {
    ...(text && { 'text/plain': { schema: { type: 'string' }, examples: { text: { value: 'a text' } } } }),
    'application/json': recordsMedia(table),
    'text/csv': csvMedia(table),
  }
}

function imageContent(): { readonly [type: string]: Media } {
  const image = objectSchema({ image: { type: 'string', contentEncoding: 'base64' } })
  const one = { image: EXAMPLE_IMAGE }
  return {
    'image/*': {},
    'application/json': {
      schema: anyOf([image, { type: 'array', items: image }]),
      examples: { one: { value: one }, several: { value: [one, one] } },
    },
  }
}

/** Undefined for a model whose inputs are no tables. */
function tableOf({ signature, config }: ServedModel): Table | undefined {
  try {
    return compileTable(signature, config)
  } catch {
    return undefined
  }
}

const OF_TYPE: Readonly<Record<TableColumn['type'], Schema>> = {
  float: { type: 'number' },
  integer: { type: 'integer' },
  boolean: { type: 'boolean' },
  text: { type: 'string' },
  category: {},
  date: { type: 'string' },
}

function cellSchema({ type, values, unknown, missing }: TableColumn): Schema {
  const listed = values !== undefined && unknown === undefined
  const schema: Schema = listed ? { enum: values } : OF_TYPE[type]
  return missing === undefined ? schema : anyOf([schema, { type: 'null' }])
}

function recordsMedia({ columns, named }: Table): Media {
  const row: Json = columns.map(exampleOfColumn)
  if (!named) {
    const cells: Schema = {
      type: 'array',
      items: anyOf([...new Map(columns.map(column => [column.type, cellSchema(column)])).values()]),
      minItems: columns.length,
      maxItems: columns.length,
    }
    return {
      schema: anyOf([cells, { type: 'array', items: cells }]),
      examples: { one: { value: row }, several: { value: [row, row] } },
    }
  }
  const required = columns.filter(({ missing }) => missing === undefined).map(({ name }) => name)
  const record = objectSchema(
    Object.fromEntries(columns.map(column => [column.name, cellSchema(column)])),
    required,
  )
  const example = Object.fromEntries(columns.map(column => [column.name, exampleOfColumn(column)]))
  return {
    schema: anyOf([record, { type: 'array', items: record }]),
    examples: { one: { value: example }, several: { value: [example, example] } },
  }
}

function csvMedia({ columns, named }: Table): Media {
  const line = (cells: readonly Json[]): string => cells.map(cellOf).join(',')
  const head = named ? `${line(columns.map(({ name }) => name))}\n` : ''
  return {
    schema: { type: 'string' },
    examples: { row: { value: `${head}${line(columns.map(exampleOfColumn))}\n` } },
  }
}

function cellOf(value: Json): string {
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** One example's answer in the words of the model's task. */
function predictionSchema(model: ServedModel): Schema {
  const { config, signature } = model
  const label: Schema = config.labels.length > 0 ? ref(labelName(model)) : { type: 'string' }
  const scored = objectSchema({ label, index: { type: 'integer' }, score: { type: 'number' } })
  const list: Schema = { type: 'array', items: scored }
  switch (config.task) {
    case 'regression':
      return objectSchema({ values: anyOf([{ type: 'array' }, { type: 'object' }]) })
    case 'classification':
    case 'image-classification':
      return config.answer?.classes === 'many'
        ? objectSchema({ labels: { type: 'array', items: label }, classes: list, top: list })
        : objectSchema(
            {
              label: outputOf(signature, config).dtype === 'string' ? { type: 'string' } : label,
              index: { type: 'integer', minimum: -1 },
              score: { type: 'number' },
              top: list,
            },
            ['label', 'index', 'top'],
          )
    case 'generic':
      return objectSchema({
        dtype: oneOf([{ enum: [...new Set(signature.outputs.map(({ dtype }) => dtype))] }]),
        shape: { type: 'array', items: elementSchema('uint32') },
        data: { type: 'array' },
      })
  }
}

/** Schemas of a model's own, by their names in a document: labels may be many, and are told once. */
export function plainSchemas(model: ServedModel): { readonly [name: string]: Schema } {
  const { labels } = model.config
  return {
    ...(labels.length > 0 && { [labelName(model)]: { enum: labels } }),
    [predictionName(model)]: predictionSchema(model),
  }
}

const labelName = ({ name }: ServedModel): string => `${name}.Label`
const predictionName = ({ name }: ServedModel): string => `${name}.Prediction`

export function plainAnswer(model: ServedModel): Schema {
  const who: { readonly [name: string]: Schema } = {
    model: { const: model.name },
    version: { type: 'integer' },
  }
  const one = ref(predictionName(model))
  return oneOf([
    { allOf: [objectSchema(who), one] },
    objectSchema({ ...who, predictions: { type: 'array', items: one } }),
  ])
}
