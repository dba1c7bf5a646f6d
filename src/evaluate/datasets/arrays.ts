import { basename, dirname } from 'node:path'
import {
  type ByteSource,
  type Digest,
  digestOfFile,
  digestOfValue,
  openFile,
  resolveInside,
  type Tensor,
  type TensorData,
} from '../../core/index.ts'
import { openNpy, openNpz, readIdx } from '../../formats/index.ts'
import { numbersOf } from '../../model/index.ts'
import { EvaluateError } from '../errors.ts'
import { hasInputField, inputFieldOf, labelFieldOf } from './fields.ts'
import type { Dataset, DatasetOptions, ExampleBatch, Truth } from './types.ts'

/** An array that gives rows; a .npy does so from the file. */
interface Rows {
  readonly shape: readonly number[]
  rows(start: number, end: number): Promise<Tensor>
}

/**
 * Two arrays of a .npz, such as `images` and `labels`; where rows are allowed and no array is known to hold the
 * examples, an array for each input of a model, by their names, beside the truths.
 */
export async function openNpzDataset(path: string, options: DatasetOptions): Promise<Dataset> {
  const source = await openFile(path)
  return closingOnError([source], async () => {
    const npz = await openNpz(source)
    const name = basename(path)
    const digest = await digestOfFile(path)
    const label = labelFieldOf(npz.names, options, name)
    const labels = await (await npz.array(label)).read()
    const others = npz.names.filter(each => each !== label)
    const several = options.rows !== undefined && options.inputField === undefined && others.length > 1
    if (several && !hasInputField(others)) {
      const arrays = await Promise.all(others.map(async each => [each, await npz.array(each)] as const))
      return namedDataset({ name, digest, inputs: new Map(arrays), labels, sources: [source] })
    }
    const inputs = await npz.array(inputFieldOf(npz.names, options, name))
    return arrayDataset({ name, digest, inputs, labels, sources: [source] })
  })
}

/** Examples and truths in a .npy file each. */
export async function openNpyPair(folder: string, inputs: string, labels: string): Promise<Dataset> {
  return openPair(folder, inputs, labels, async (first, second) => {
    const [examples, truths] = [await openNpy(first), await openNpy(second)]
    return { inputs: examples, labels: await truths.read() }
  })
}

/** MNIST's form: examples and truths in an IDX file each, gzip'd or not. */
export async function openIdxPair(folder: string, inputs: string, labels: string): Promise<Dataset> {
  return openPair(folder, inputs, labels, async (first, second) => ({
    inputs: rowsOf(await readIdx(first)),
    labels: await readIdx(second),
  }))
}

async function openPair(
  folder: string,
  inputs: string,
  labels: string,
  read: (
    inputs: ByteSource,
    labels: ByteSource,
  ) => Promise<{ readonly inputs: Rows; readonly labels: Tensor }>,
): Promise<Dataset> {
  const paths = [await resolveInside(folder, inputs), await resolveInside(folder, labels)] as const
  const sources = [await openFile(paths[0]), await openFile(paths[1])] as const
  return closingOnError(sources, async () => {
    const digest = digestOfValue({
      inputs: await digestOfFile(paths[0]),
      labels: await digestOfFile(paths[1]),
    })
    const name = `${basename(dirname(paths[0]))}/${inputs}`
    return arrayDataset({ name, digest, ...(await read(...sources)), sources })
  })
}

function rowsOf(tensor: Tensor): Rows {
  return {
    shape: tensor.shape,
    async rows(start, end) {
      const size = tensor.data.length / Math.max(1, tensor.shape[0] ?? 1)
      return {
        dtype: tensor.dtype,
        shape: [end - start, ...tensor.shape.slice(1)],
        data: part(tensor.data, start * size, end * size),
      }
    },
  }
}

interface Arrays<Inputs = Rows> {
  readonly name: string
  readonly digest: Digest
  readonly inputs: Inputs
  readonly labels: Tensor
  readonly sources: readonly ByteSource[]
}

function arrayDataset({ name, digest, inputs, labels, sources }: Arrays): Dataset {
  const examples = inputs.shape[0]
  if (examples === undefined) throw unfit(name, 'its examples are a single number, not an array of examples')
  checkLabels(name, examples, labels)
  const truths: ArrayLike<Truth> = Array.isArray(labels.data) ? labels.data : numbersOf(labels)
  return {
    name,
    examples,
    digest,
    async *batches(size) {
      for (let start = 0; start < examples; start += size) {
        const end = Math.min(examples, start + size)
        yield split(await inputs.rows(start, end), truths, start)
      }
    },
    async close() {
      for (const source of sources) await source.close()
    },
  }
}

/** Each array's rows by its name; all have as many as there are truths. */
function namedDataset({ inputs, ...rest }: Arrays<ReadonlyMap<string, Rows>>): Dataset {
  const parts = [...inputs].map(([key, rows]) => ({
    key,
    dataset: arrayDataset({ ...rest, name: `${rest.name}, ${key}`, inputs: rows }),
  }))
  const [first] = parts
  return {
    ...first!.dataset,
    name: rest.name,
    async *batches(size) {
      const streams = parts.map(({ key, dataset }) => ({ key, batches: dataset.batches(size) }))
      for (;;) {
        const read = await Promise.all(streams.map(({ batches }) => batches.next()))
        const batches = read.flatMap(({ value, done }) => (done === true || !value ? [] : [value]))
        if (batches.length < streams.length) return
        const { truths } = batches[0]!
        yield {
          inputs: truths.map((_, row) => ({
            tensors: Object.fromEntries(
              streams.map(({ key }, i) => [key, batches[i]!.inputs[row] as Tensor]),
            ),
          })),
          truths,
        }
      }
    },
  }
}

function split(rows: Tensor, truths: ArrayLike<Truth>, start: number): ExampleBatch {
  const count = rows.shape[0]!
  const shape = rows.shape.slice(1)
  const size = rows.data.length / Math.max(1, count)
  return {
    inputs: Array.from({ length: count }, (_, i) => ({
      dtype: rows.dtype,
      shape,
      data: part(rows.data, i * size, (i + 1) * size),
    })),
    truths: Array.from({ length: count }, (_, i) => truths[start + i]!),
  }
}

function checkLabels(name: string, examples: number, labels: Tensor): void {
  const count = labels.shape[0] ?? 0
  if (labels.data.length !== count)
    throw unfit(name, `its truths have the shape [${labels.shape.join(', ')}], not one for each example`)
  if (count !== examples) {
    throw new EvaluateError('DATASET_LENGTHS_DIFFER', {
      message: `${name} has ${examples} examples and ${count} truths`,
      hint: 'Write both from the same rows; or name the right ones as evaluate.inputField and evaluate.labelField.',
      details: { examples, truths: count },
    })
  }
}

function part(data: TensorData, from: number, to: number): TensorData {
  return ArrayBuffer.isView(data) ? data.subarray(from, to) : data.slice(from, to)
}

function unfit(name: string, why: string): EvaluateError {
  return new EvaluateError('DATASET_UNFIT', {
    message: `${name} can't be evaluated: ${why}`,
    hint: 'Give examples as (N, …) and truths as (N), class indexes or values.',
  })
}

async function closingOnError<T>(sources: readonly ByteSource[], work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    for (const source of sources) await source.close()
    throw error
  }
}
