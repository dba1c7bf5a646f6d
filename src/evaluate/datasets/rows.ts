import { basename } from 'node:path'
import { digestOfFile, type Json, openFile, type Tensor } from '../../core/index.ts'
import { openCsv, readJsonl } from '../../formats/index.ts'
import { EvaluateError } from '../errors.ts'
import { inputFieldOf, labelFieldOf } from './fields.ts'
import {
  type Dataset,
  type DatasetOptions,
  type ExampleBatch,
  isTable,
  type TableExample,
  type Truth,
} from './types.ts'

export interface Example {
  readonly input: Tensor | TableExample
  readonly truth: Truth
}

/**
 * A table: one column of truths; the examples are the other columns, for models that do not take columns as a vector
 * of numbers, or the column `inputField` alone as a string.
 */
export async function openCsvDataset(path: string, options: DatasetOptions): Promise<Dataset> {
  const source = await openFile(path)
  const name = basename(path)
  try {
    const table = await openCsv(source, { delimiter: path.endsWith('.tsv') ? '\t' : ',' })
    const label = table.columns.indexOf(labelFieldOf(table.columns, options, name))
    const input =
      options.inputField === undefined
        ? -1
        : table.columns.indexOf(inputFieldOf(table.columns, options, name))
    const features = table.columns.map((_, column) => column).filter(column => column !== label)
    const names = features.map(column => table.columns[column]!)
    async function* examples(): AsyncGenerator<Example, void> {
      for await (const { cells, line } of table.rows()) {
        const where = `${name}:${line}`
        const values = features.map(column => cells[column]!)
        const read: Example['input'] =
          input >= 0
            ? { dtype: 'string', shape: [], data: [cells[input]!] }
            : { names, values, where, tensor: () => vectorOf(values, names, where) }
        yield { input: read, truth: truthOf(cells[label]!) }
      }
    }
    return await rowDataset(name, path, examples, () => source.close(), options)
  } catch (error) {
    await source.close()
    throw error
  }
}

/**
 * An object a line: `{"input": [0.1, …], "label": 3}`; nested lists make tensors of more axes. For models that take
 * columns, the other keys are those.
 */
export async function openJsonlDataset(path: string, options: DatasetOptions): Promise<Dataset> {
  const source = await openFile(path)
  const name = basename(path)
  async function* examples(): AsyncGenerator<Example, void> {
    for await (const { value, line } of readJsonl(source)) {
      const where = `${name}:${line}`
      if (!isRecord(value)) throw unfit(where, 'expected an object')
      const fields = Object.keys(value)
      const label = labelFieldOf(fields, options, where)
      const truth = value[label]
      if (typeof truth !== 'number' && typeof truth !== 'string')
        throw unfit(where, 'expected a number or text as the truth')
      const tensor = (): Tensor => tensorOf(value[inputFieldOf(fields, options, where)], where)
      const others = fields.filter(field => field !== label)
      const row = { names: others, values: others.map(field => value[field]!), where, tensor }
      yield { input: options.inputField === undefined ? row : tensor(), truth }
    }
  }
  try {
    return await rowDataset(name, path, examples, () => source.close(), options)
  } catch (error) {
    await source.close()
    throw error
  }
}

/**
 * Reads it through once, to count the examples and to find what can't be read before a model runs. Rows that are no
 * tensors are refused, unless they are allowed.
 */
export async function rowDataset(
  name: string,
  path: string,
  examples: () => AsyncGenerator<Example, void>,
  close: () => Promise<void>,
  { rows }: Pick<DatasetOptions, 'rows'>,
): Promise<Dataset> {
  let count = 0
  let notTensors: EvaluateError | undefined
  for await (const { input } of examples()) {
    count++
    if (isTable(input)) notTensors ??= whyNoTensor(input)
    if (notTensors !== undefined && rows === undefined) throw notTensors
  }
  return {
    name,
    examples: count,
    ...(notTensors && { notTensors }),
    digest: await digestOfFile(path),
    async *batches(size): AsyncGenerator<ExampleBatch, void> {
      let batch: Example[] = []
      for await (const example of examples()) {
        batch.push(example)
        if (batch.length === size) {
          yield together(batch)
          batch = []
        }
      }
      if (batch.length > 0) yield together(batch)
    },
    close,
  }
}

function whyNoTensor(example: TableExample): EvaluateError | undefined {
  try {
    example.tensor()
    return undefined
  } catch (error) {
    if (error instanceof EvaluateError) return error
    throw error
  }
}

function together(examples: readonly Example[]): ExampleBatch {
  return { inputs: examples.map(each => each.input), truths: examples.map(each => each.truth) }
}

function truthOf(cell: string): Truth {
  const text = cell.trim()
  const number = Number(text)
  return text !== '' && Number.isFinite(number) ? number : text
}

function numberIn(cell: string, where: string): number {
  const number = Number(cell)
  if (cell.trim() !== '' && Number.isFinite(number)) return number
  throw unfit(where, `expected a number, found '${cell.slice(0, 40)}'`)
}

function vectorOf(cells: readonly string[], names: readonly string[], where: string): Tensor {
  const values = cells.map((cell, index) => numberIn(cell, `${where}, column '${names[index]}'`))
  return { dtype: 'float32', shape: [values.length], data: Float32Array.from(values) }
}

/** Deeper lists are no example; a video's frames have 4 axes. */
const MAX_AXES = 8

function tensorOf(value: Json | undefined, where: string): Tensor {
  if (typeof value === 'string') return { dtype: 'string', shape: [], data: [value] }
  const shape: number[] = []
  let inner: Json | undefined = value
  while (Array.isArray(inner) && shape.length < MAX_AXES) {
    shape.push(inner.length)
    inner = (inner as readonly Json[])[0]
  }
  const numbers: number[] = []
  flatten(value, shape, 0, numbers, where)
  return { dtype: 'float32', shape, data: Float32Array.from(numbers) }
}

function flatten(
  value: Json | undefined,
  shape: readonly number[],
  axis: number,
  into: number[],
  where: string,
): void {
  if (axis === shape.length) {
    if (typeof value !== 'number')
      throw unfit(where, `expected numbers in the example, found ${JSON.stringify(value)?.slice(0, 40)}`)
    into.push(value)
    return
  }
  if (!Array.isArray(value) || value.length !== shape[axis])
    throw unfit(
      where,
      `the lists of the example have unequal lengths, so it is no tensor of [${shape.join(', ')}]`,
    )
  for (const each of value) flatten(each, shape, axis + 1, into, where)
}

function isRecord(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unfit(where: string, why: string): EvaluateError {
  return new EvaluateError('DATASET_UNFIT', {
    message: `${where}: ${why}`,
    hint: 'Each example needs its numbers and a truth; name the fields as evaluate.inputField and evaluate.labelField.',
  })
}
