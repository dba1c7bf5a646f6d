import { elementCount } from '../../core/index.ts'
import type { OnnxDtype, OnnxTensor } from '../../formats/index.ts'
import { failing } from '../errors.ts'
import { type Cell, type GateMatrix, type GateWeights, ONNX_GATES } from './types.ts'

const invalid = failing('CONVERT_INVALID', 'The model file contradicts itself; save it again.')

const BYTES: Readonly<Partial<Record<OnnxDtype, number>>> = {
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8,
}

/** The most that a piece of a stream holds: a row may be larger. */
const PIECE_BYTES = 1024 * 1024

type Stream = () => AsyncIterable<Uint8Array>

/** What was made of a weight, by what it is: a layer that is called twice has its weights once. */
const made = new WeakMap<OnnxTensor['data'], Map<string, Stream>>()

function once(tensor: OnnxTensor, way: string, make: () => Stream): Stream {
  const ways = made.get(tensor.data) ?? new Map<string, Stream>()
  made.set(tensor.data, ways)
  const stream = ways.get(way) ?? make()
  ways.set(way, stream)
  return stream
}

/**
 * A kernel as ONNX wants it: [1, gates × units, features], gates in ONNX's order. While it is written it is held in
 * memory once. Throws CONVERT_INVALID where its bytes are not those of its shape.
 */
export function onnxMatrix(cell: Cell, matrix: GateMatrix, features: number, name: string): OnnxTensor {
  const gates = ONNX_GATES[cell.kind]
  const rowBytes = features * bytesOf(cell.dtype)
  const data = once(matrix.tensor, `${matrix.layout} ${matrix.gates}>${gates} ${cell.units}`, () =>
    matrix.layout === 'rows' ? inOnnxOrder(cell, matrix, rowBytes) : transposed(cell, matrix, features),
  )
  return { name, dtype: cell.dtype, shape: [1, gates.length * cell.units, features], data }
}

/** Biases as ONNX wants them: [1, 2 × gates × units], those of the input first; zeros where there are none. */
export function onnxBias(cell: Cell, name: string): OnnxTensor | undefined {
  const { bias, recurrentBias, dtype, units } = cell
  const some = bias ?? recurrentBias
  if (!some) return undefined
  const gates = ONNX_GATES[cell.kind]
  const bytes = bytesOf(dtype)
  const way = `${bias?.gates}+${recurrentBias?.gates}>${gates} ${recurrentBias?.tensor.name}`
  const data = once(
    some.tensor,
    way,
    () =>
      async function* both() {
        for (const part of [bias, recurrentBias]) {
          if (part) yield* inOnnxOrder(cell, part, bytes)()
          else yield new Uint8Array(gates.length * units * bytes)
        }
      },
  )
  return { name, dtype, shape: [1, 2 * gates.length * units], data }
}

/** One of so many equal parts of a weight, along its first axis. */
export function partOf(tensor: OnnxTensor, part: number, of: number): OnnxTensor {
  const [size = 0, ...rest] = tensor.shape
  const shape = [size / of, ...rest]
  const bytes = elementCount(shape) * bytesOf(tensor.dtype)
  const data = once(
    tensor,
    `part ${part} of ${of}`,
    () =>
      async function* pieces() {
        yield (await readWhole(tensor, of * bytes)).subarray(part * bytes, (part + 1) * bytes)
      },
  )
  return { name: `${tensor.name}/${part}`, dtype: tensor.dtype, shape, data }
}

function transposed(cell: Cell, { gates, tensor }: GateMatrix, features: number): Stream {
  const rowBytes = features * bytesOf(cell.dtype)
  const columns = gates.length * cell.units
  return async function* pieces() {
    const whole = await readWhole(tensor, columns * rowBytes)
    const step = Math.max(1, Math.floor(PIECE_BYTES / rowBytes))
    for (const gate of ONNX_GATES[cell.kind]) {
      const first = gates.indexOf(gate) * cell.units
      for (let done = 0; done < cell.units; done += step) {
        const count = Math.min(step, cell.units - done)
        yield columnsAsRows(whole, { first: first + done, count, columns, rows: features })
      }
    }
  }
}

function inOnnxOrder(cell: Cell, { gates, tensor }: GateWeights, rowBytes: number): Stream {
  const bytes = cell.units * rowBytes
  return async function* ordered() {
    const whole = await readWhole(tensor, gates.length * bytes)
    for (const gate of ONNX_GATES[cell.kind]) {
      const from = gates.indexOf(gate) * bytes
      yield whole.subarray(from, from + bytes)
    }
  }
}

interface Columns {
  readonly first: number
  readonly count: number
  /** Of the whole matrix. */
  readonly columns: number
  readonly rows: number
}

/** Some columns of a matrix, each as a row. */
function columnsAsRows(whole: Uint8Array, { first, count, columns, rows }: Columns): Uint8Array {
  const size = whole.length / (columns * rows)
  const out = new Uint8Array(count * rows * size)
  let at = 0
  for (let column = first; column < first + count; column++)
    for (let row = 0; row < rows; row++) {
      const from = (row * columns + column) * size
      for (let i = 0; i < size; i++) out[at++] = whole[from + i]!
    }
  return out
}

async function readWhole({ name, data }: OnnxTensor, bytes: number): Promise<Uint8Array> {
  const whole = new Uint8Array(bytes)
  let at = 0
  for await (const piece of typeof data === 'function' ? data() : [data as Uint8Array]) {
    if (at + piece.length <= bytes) whole.set(piece, at)
    at += piece.length
    if (at > bytes) break
  }
  if (at !== bytes)
    throw invalid(
      `The weight '${name}' has ${at > bytes ? 'more' : at} bytes; the units and features of its cell make ${bytes}`,
    )
  return whole
}

function bytesOf(dtype: OnnxDtype): number {
  const bytes = BYTES[dtype]
  if (bytes === undefined) throw invalid(`Weights of a recurrent cell are ${dtype}, which has no fractions`)
  return bytes
}
