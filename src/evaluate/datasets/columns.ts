import { basename } from 'node:path'
import { DTYPES, elementCount, type Json, type Tensor, viewAs } from '../../core/index.ts'
import { type OpenedModel, openModel, type TensorInfo } from '../../formats/index.ts'
import { numbersOf } from '../../model/index.ts'
import { EvaluateError } from '../errors.ts'
import { inputFieldOf, labelFieldOf } from './fields.ts'
import { type Example, rowDataset } from './rows.ts'
import type { Dataset, DatasetOptions, Truth } from './types.ts'

/**
 * A Parquet file: one column of truths; the examples are the column `inputField`, or the only one that holds lists,
 * or else all other columns as a vector of numbers.
 */
export async function openParquetDataset(path: string, options: DatasetOptions): Promise<Dataset> {
  const model = await openModel(path)
  const name = basename(path)
  try {
    if (model.file.format !== 'parquet')
      throw unfit(name, `expected a Parquet file, found ${model.file.format}`)
    const { tensors } = model.file
    const names = tensors.map(tensor => tensor.name)
    const label = find(tensors, labelFieldOf(names, options, name))
    const inputs = inputsOf(tensors, label, options, name)
    return await rowDataset(
      name,
      path,
      () => examplesOf(model, inputs, label, { file: name, alone: options.inputField !== undefined }),
      () => model.close(),
      options,
    )
  } catch (error) {
    await model.close()
    throw error
  }
}

function inputsOf(
  tensors: readonly TensorInfo[],
  label: TensorInfo,
  options: DatasetOptions,
  file: string,
): readonly TensorInfo[] {
  const names = tensors.map(tensor => tensor.name)
  if (options.inputField !== undefined) return [find(tensors, inputFieldOf(names, options, file))]
  const others = tensors.filter(tensor => tensor !== label)
  const lists = others.filter(tensor => tensor.shape.length > 1)
  return lists.length === 1 ? lists : others
}

async function* examplesOf(
  model: OpenedModel,
  inputs: readonly TensorInfo[],
  label: TensorInfo,
  { file, alone }: { readonly file: string; readonly alone: boolean },
): AsyncGenerator<Example, void> {
  const names = inputs.map(({ name }) => name)
  const columns = inputs.map(info => rowsOf(model, info, file))
  const truths = rowsOf(model, label, file)
  try {
    for (let row = 1; ; row++) {
      const truth = await truths.next()
      if (truth.done) return
      const parts: Tensor[] = []
      for (const column of columns) {
        const part = await column.next()
        if (part.done) throw unfit(file, 'a column has fewer values than the column of truths')
        parts.push(part.value)
      }
      const tensor = (): Tensor => together(parts, file)
      // A column of lists is the example itself.
      const input =
        alone || parts.some(({ shape }) => shape.length > 0)
          ? tensor()
          : { names, values: parts.map(cellOf), where: `${file}, row ${row}`, tensor }
      yield { input, truth: truthOf(truth.value, file) }
    }
  } finally {
    for (const column of [...columns, truths]) await column.return()
  }
}

/** A column alone as it is; several as one vector. */
function together(parts: readonly Tensor[], file: string): Tensor {
  const [only] = parts
  if (only && parts.length === 1) return only
  const numbers: number[] = []
  for (const part of parts) {
    if (part.dtype === 'string')
      throw unfit(
        file,
        'one of the columns is text; name the one that holds the examples as evaluate.inputField',
      )
    const values = numbersOf(part)
    for (let index = 0; index < values.length; index++) numbers.push(values[index]!)
  }
  return { dtype: 'float32', shape: [numbers.length], data: Float32Array.from(numbers) }
}

/** A single element, as JSON has it; what a double does not hold, as text. */
function cellOf({ dtype, data }: Tensor): Json {
  const value = data[0]!
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : String(value)
  }
  if (typeof value === 'string') return value
  const number = numbersOf({ dtype, shape: [], data })[0]!
  if (dtype === 'bool') return number !== 0
  // pandas writes a missing number so.
  return Number.isNaN(number) ? null : number
}

function truthOf(row: Tensor, file: string): Truth {
  if (row.dtype === 'string') return (row.data as readonly string[])[0]!
  const value = numbersOf(row)[0]
  if (row.data.length === 1 && value !== undefined) return value
  throw unfit(file, 'expected one number or text as the truth of each row')
}

/** A column row by row. Pieces hold whole elements, and rows go on from one to the next. */
async function* rowsOf(model: OpenedModel, info: TensorInfo, file: string): AsyncGenerator<Tensor, void> {
  const dtype = DTYPES.find(each => each === info.dtype)
  if (dtype === undefined)
    throw unfit(file, `the column '${info.name}' holds ${info.dtype}, which is no example`)
  if (dtype === 'string') {
    for await (const text of model.readText!(info.name)) yield { dtype, shape: [], data: [text] }
    return
  }
  const shape = info.shape.slice(1)
  const rowBytes = (elementCount(shape) * info.bytes!) / Math.max(1, info.elements)
  let rest: Uint8Array = new Uint8Array(0)
  for await (const piece of model.readTensor(info.name)) {
    const bytes = rest.byteLength === 0 ? piece : Buffer.concat([rest, piece])
    let at = 0
    for (; at + rowBytes <= bytes.byteLength; at += rowBytes)
      yield { dtype, shape, data: viewAs(dtype, bytes.slice(at, at + rowBytes)) }
    rest = bytes.slice(at)
  }
}

function find(tensors: readonly TensorInfo[], name: string): TensorInfo {
  return tensors.find(tensor => tensor.name === name)!
}

function unfit(where: string, why: string): EvaluateError {
  return new EvaluateError('DATASET_UNFIT', {
    message: `${where}: ${why}`,
    hint: 'Each example needs its numbers and a truth; name the fields as evaluate.inputField and evaluate.labelField.',
  })
}
