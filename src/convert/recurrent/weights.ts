import type { OnnxDtype } from '../../formats/index.ts'
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

/**
 * A kernel as ONNX wants it: [gates × units, features], gates in ONNX's order. While it is given it is held in memory
 * once, unless it stands so already. Throws CONVERT_INVALID where its bytes are not those of its shape.
 */
export function onnxMatrix(cell: Cell, matrix: GateMatrix, features: number): Stream {
  const rowBytes = features * bytesOf(cell.dtype)
  if (matrix.layout === 'rows') return inOnnxOrder(cell, matrix, rowBytes)
  const gates = ONNX_GATES[cell.kind]
  return async function* transposed() {
    const whole = await readWhole(matrix.data, gates.length * cell.units * rowBytes)
    const step = Math.max(1, Math.floor(PIECE_BYTES / rowBytes))
    for (const gate of gates) {
      const first = matrix.gates.indexOf(gate) * cell.units
      for (let done = 0; done < cell.units; done += step)
        yield columnsAsRows(whole, {
          first: first + done,
          count: Math.min(step, cell.units - done),
          columns: gates.length * cell.units,
          rows: features,
        })
    }
  }
}

/** Biases as ONNX wants them: those of the input, then those of the state; zeros where there are none. */
export function onnxBias(cell: Cell): Stream {
  const bytes = bytesOf(cell.dtype)
  return async function* both() {
    for (const bias of [cell.bias, cell.recurrentBias]) {
      if (bias) yield* inOnnxOrder(cell, bias, bytes)()
      else yield new Uint8Array(ONNX_GATES[cell.kind].length * cell.units * bytes)
    }
  }
}

function inOnnxOrder(cell: Cell, { gates, data }: GateWeights, rowBytes: number): Stream {
  const wanted = ONNX_GATES[cell.kind]
  const bytes = cell.units * rowBytes
  return async function* ordered() {
    const whole = await readWhole(data, gates.length * bytes)
    for (const gate of wanted) {
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

async function readWhole(data: Stream, bytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let read = 0
  for await (const piece of data()) {
    read += piece.length
    if (read > bytes) break
    pieces.push(Uint8Array.from(piece))
  }
  if (read !== bytes)
    throw invalid(`Weights of a recurrent cell have ${read} bytes; its units and features make ${bytes}`)
  return Buffer.concat(pieces)
}

function bytesOf(dtype: OnnxDtype): number {
  const bytes = BYTES[dtype]
  if (bytes === undefined) throw invalid(`Weights of a recurrent cell are ${dtype}, which has no fractions`)
  return bytes
}
