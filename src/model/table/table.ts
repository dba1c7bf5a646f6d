import { type Json, nearestName, type Tensor } from '../../core/index.ts'
import { stackBatch } from '../batch.ts'
import { ModelError } from '../errors.ts'
import { compilePreprocess } from '../preprocess/preprocessor.ts'
import type { ModelConfig, ModelSignature } from '../types.ts'
import { assignColumns, type FilledInput } from './assign.ts'
import { checkColumns, columnsInvalid } from './check.ts'
import { deriveColumns } from './derive.ts'
import { sinkOf } from './sink.ts'
import type { Table, TableColumn, TableRecord, TableRows } from './types.ts'

/**
 * The columns of a configuration (else those that the signature tells) on their way to a model's inputs. Steps of
 * `preprocess` for numbers run behind them, on the input that they belong to. Throws COLUMNS_INVALID.
 */
export function compileTable(
  signature: ModelSignature,
  config: Pick<ModelConfig, 'columns' | 'input' | 'preprocess'>,
): Table {
  const { columns, named } =
    config.columns === undefined ? deriveColumns(signature) : { columns: config.columns, named: true }
  checkColumns(columns)
  const inputs = assignColumns(columns, signature, config)
  const finish = numberSteps(config, inputs)
  const names = new Map(columns.map(({ name }, index) => [name, index]))
  return {
    columns,
    named,
    width: inputs.reduce((sum, input) => sum + input.width, 0),
    tensors(rows) {
      const tensors: Record<string, Tensor> = Object.create(null)
      for (const input of inputs) tensors[input.spec.name] = finish(fill(input, rows), input)
      return tensors
    },
    places: (given, more) => placesOf(columns, given, more !== undefined),
    checkRecord(record, where) {
      for (const key in record) if (!names.has(key)) throw unknownName(key, columns, where)
    },
  }
}

/** The value of a record's column, for `TableRows`: own members only, whatever their names. */
export function valueIn(record: TableRecord, { name }: TableColumn): Json | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

function fill({ spec, width, rowShape, takesRows, placed }: FilledInput, rows: TableRows): Tensor {
  const { count } = rows
  if (!takesRows && count !== 1)
    throw new ModelError('EXAMPLE_INVALID', {
      message: `The model takes one row at a time, and there are ${count}`,
      hint: 'Send a request for each.',
    })
  const sink = sinkOf(spec, count * width)
  for (let row = 0; row < count; row++) {
    for (const { index, encoder, offset, column } of placed) {
      const wrong = encoder.write(rows.value(row, index), sink, row * width + offset)
      if (wrong !== undefined) throw cellError(rows, row, column, wrong)
    }
  }
  return sink.tensor(takesRows ? [count, ...rowShape] : rowShape)
}

function cellError(rows: TableRows, row: number, { name, type }: TableColumn, wrong: string): ModelError {
  const absent = wrong.startsWith('it is missing')
  return new ModelError('EXAMPLE_INVALID', {
    message: `${whereOf(rows, row)}, column '${name}': ${wrong}`,
    hint: absent
      ? 'Give a value, or say what stands in for it: `missing:` of the column in model.columns.'
      : `The column is of type ${type}; model.columns in ballast.yaml says so.`,
    details: { row, column: name },
  })
}

function whereOf(rows: TableRows, row: number): string {
  return rows.where?.(row) ?? `Row ${row + 1}`
}

/** Scaling and normalising of the vector that columns make, as evaluation does it with arrays. */
function numberSteps(
  { preprocess, input }: Pick<ModelConfig, 'preprocess' | 'input'>,
  inputs: readonly FilledInput[],
): (tensor: Tensor, input: FilledInput) => Tensor {
  if (preprocess.length === 0) return tensor => tensor
  const steps = compilePreprocess(preprocess)
  if (preprocess.some(({ kind }) => kind !== 'scale' && kind !== 'normalize'))
    throw columnsInvalid(
      'The model takes images, not tables: its preprocessing has steps for pixels',
      'Send an image, or a tensor.',
    )
  const target =
    inputs.find(({ spec }) => spec.name === input) ?? (inputs.length === 1 ? inputs[0] : undefined)
  if (target === undefined || !target.spec.dtype.startsWith('float'))
    throw columnsInvalid(
      'Steps of preprocess belong to one input of floats, and the columns fill several',
      'Name it as model.input, or take the steps out.',
    )
  return (tensor, { spec, width }) => {
    if (spec !== target.spec || tensor.dtype === 'string') return tensor
    const count = tensor.data.length / width
    const rows = Array.from({ length: count }, (_, row) =>
      steps.fromArray({
        dtype: tensor.dtype,
        shape: [width],
        data: tensor.data.slice(row * width, (row + 1) * width),
      }),
    )
    return count === 0 ? tensor : { ...stackBatch(rows), shape: tensor.shape }
  }
}

function placesOf(
  columns: readonly TableColumn[],
  given: readonly string[],
  extraAllowed: boolean,
): readonly number[] {
  const places = new Map<string, number>()
  const known = new Set(columns.map(({ name }) => name))
  given.forEach((name, place) => {
    if (!known.has(name)) {
      if (!extraAllowed) throw unknownName(name, columns, 'The header')
    } else if (places.has(name))
      throw new ModelError('EXAMPLE_INVALID', {
        message: `The header has the column '${name}' twice`,
        hint: 'Take one of them out.',
      })
    else places.set(name, place)
  })
  return columns.map(({ name, missing }) => {
    const place = places.get(name)
    if (place !== undefined) return place
    if (missing !== undefined) return -1
    const nearest = nearestName(name, given)
    throw new ModelError('EXAMPLE_INVALID', {
      message: `The column '${name}' is missing`,
      hint: nearest === undefined ? 'Every row needs a value of it.' : `Is it the one called '${nearest}'?`,
      details: { column: name },
    })
  })
}

/** So many names are listed in a message. */
const MAX_LISTED = 20

function unknownName(name: string, columns: readonly TableColumn[], where: string): ModelError {
  const names = columns.map(column => column.name)
  const nearest = nearestName(name.slice(0, 100), names)
  return new ModelError('EXAMPLE_INVALID', {
    message: `${where}: there is no column '${name.slice(0, 100)}'`,
    hint:
      nearest === undefined
        ? `There are ${names.slice(0, MAX_LISTED).join(', ')}${names.length > MAX_LISTED ? ' …' : ''}.`
        : `Did you mean '${nearest}'?`,
    details: { column: name.slice(0, 100) },
  })
}
