import { elementCount, type Tensor, type TensorData } from '../core/index.ts'
import { ModelError } from './errors.ts'

/**
 * Examples of shape [1, …] (or [n, …]) joined along axis 0, in order. All must have the same type and the same
 * shape behind axis 0. Throws INPUT_SHAPE or INPUT_DTYPE.
 */
export function stackBatch(examples: readonly Tensor[]): Tensor {
  const first = examples[0]
  if (!first) throw shapeError('A batch needs at least one example')
  if (examples.length === 1) return first
  for (const example of examples) checkAlike(first, example)
  const rows = examples.reduce((sum, example) => sum + (example.shape[0] ?? 0), 0)
  const shape = [rows, ...first.shape.slice(1)]
  return { dtype: first.dtype, shape, data: join(examples, elementCount(shape)) }
}

/**
 * The batch's rows, each of shape [1, …]: views of its data, not copies. `rows` is how many examples went in;
 * throws OUTPUT_INVALID where axis 0 does not have that size.
 */
export function splitBatch(tensor: Tensor, rows: number): readonly Tensor[] {
  if (tensor.shape[0] !== rows) {
    throw new ModelError('OUTPUT_INVALID', {
      message: `Expected an output with ${rows} rows, one for each example, found the shape [${tensor.shape.join(', ')}]`,
      hint: 'Export the model with a batch axis on its output, or name another output as model.output.',
      details: { rows, shape: tensor.shape },
    })
  }
  const rest = tensor.shape.slice(1)
  const size = elementCount(rest)
  return Array.from({ length: rows }, (_, row) => ({
    dtype: tensor.dtype,
    shape: [1, ...rest],
    data: slice(tensor.data, row * size, (row + 1) * size),
  }))
}

function checkAlike(first: Tensor, other: Tensor): void {
  if (first.dtype !== other.dtype) {
    throw new ModelError('INPUT_DTYPE', {
      message: `A batch holds one type of tensor: found ${first.dtype} and ${other.dtype}`,
      hint: 'Send these examples in requests of their own.',
    })
  }
  const [a, b] = [first.shape.slice(1), other.shape.slice(1)]
  if (first.shape.length === 0 || a.length !== b.length || a.some((size, axis) => size !== b[axis])) {
    throw shapeError(
      `A batch holds one shape: found [${first.shape.join(', ')}] and [${other.shape.join(', ')}]`,
    )
  }
}

function shapeError(message: string): ModelError {
  return new ModelError('INPUT_SHAPE', {
    message,
    hint: 'Give each example the shape [1, …], all the same behind axis 0.',
  })
}

function join(examples: readonly Tensor[], length: number): TensorData {
  const first = examples[0]!.data
  if (isStrings(first)) return examples.flatMap(({ data }) => (isStrings(data) ? data : []))
  const joined = emptyLike(first, length)
  let at = 0
  for (const { data } of examples) {
    if (isStrings(data)) continue
    copyInto(joined, data, at)
    at += data.length
  }
  return joined
}

type Numbers = Exclude<TensorData, readonly string[]>

/** Bytes are copied, whatever the elements mean: the arrays have one type (checkAlike). */
function copyInto(target: Numbers, source: Numbers, at: number): void {
  const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength)
  bytes.set(
    new Uint8Array(source.buffer, source.byteOffset, source.byteLength),
    at * source.BYTES_PER_ELEMENT,
  )
}

function emptyLike(data: Numbers, length: number): Numbers {
  if (data instanceof Float32Array) return new Float32Array(length)
  if (data instanceof Float64Array) return new Float64Array(length)
  if (data instanceof Int8Array) return new Int8Array(length)
  if (data instanceof Int16Array) return new Int16Array(length)
  if (data instanceof Int32Array) return new Int32Array(length)
  if (data instanceof BigInt64Array) return new BigInt64Array(length)
  if (data instanceof Uint16Array) return new Uint16Array(length)
  if (data instanceof Uint32Array) return new Uint32Array(length)
  if (data instanceof BigUint64Array) return new BigUint64Array(length)
  return new Uint8Array(length)
}

function slice(data: TensorData, from: number, to: number): TensorData {
  return isStrings(data) ? data.slice(from, to) : data.subarray(from, to)
}

function isStrings(data: TensorData): data is readonly string[] {
  return Array.isArray(data)
}
