import { elementCount, type Tensor, type TensorData } from '../../core/index.ts'
import type { ConvertedSession, SessionPort } from '../ports.ts'
import { compareOutput, toleranceOf } from './compare.ts'
import type { OutputParity, Parity, Samples } from './types.ts'

/** Rows of one run: what a model computes between its layers must fit in memory. */
const BATCH = 32

/** One step, and what its float32 is off. */
const STEP = 1.001

export interface ParityOptions {
  /** The largest relative difference, instead of that of the outputs' types. */
  readonly tolerance?: number
  /** By output: how far answers may be from each other at the least. */
  readonly steps?: Readonly<Record<string, number>>
  readonly onProgress?: (done: number, rows: number) => void
}

/** Runs the samples through the converted model and holds its answers to the original's. */
export async function checkParity(
  session: ConvertedSession,
  samples: Samples,
  { tolerance, steps = {}, onProgress }: ParityOptions = {},
): Promise<Parity> {
  const answers = await runSamples(session, samples, onProgress)
  const outputs = Object.entries(samples.outputs).map(([name, expected]): OutputParity => {
    const actual = flattened(answers[name]!, expected)
    const allowed = toleranceOf(actual.dtype, expected.dtype, tolerance)
    const step = Object.hasOwn(steps, name) ? steps[name]! * STEP : 0
    return compareOutput(name, actual, expected, { ...allowed, atol: Math.max(allowed.atol, step) })
  })
  const { name, digest } = samples
  const rows = rowsOf(samples.inputs) ?? 1
  return {
    verdict: outputs.every(({ mismatches }) => mismatches === 0) ? 'passed' : 'failed',
    samples: { name, digest, rows },
    outputs,
    unchecked: session.outputs.map(port => port.name).filter(port => !Object.hasOwn(samples.outputs, port)),
  }
}

/** Without samples nothing is known. */
export function uncheckedParity(session: Pick<ConvertedSession, 'outputs'>): Parity {
  return { verdict: 'inconclusive', outputs: [], unchecked: session.outputs.map(({ name }) => name) }
}

async function runSamples(
  session: ConvertedSession,
  { inputs }: Samples,
  onProgress: ParityOptions['onProgress'],
): Promise<Readonly<Record<string, Tensor>>> {
  const rows = rowsOf(inputs)
  const size = rows === undefined ? undefined : batchOf(session.inputs)
  if (rows === undefined || size === undefined || rows <= size) return session.run(inputs)
  const parts: Readonly<Record<string, Tensor>>[] = []
  for (let start = 0; start < rows; start += size) {
    const end = Math.min(start + size, rows)
    const fed = Object.entries(inputs).map(([name, tensor]) => [name, sliced(tensor, start, end)])
    parts.push(await session.run(Object.fromEntries(fed)))
    onProgress?.(end, rows)
  }
  return joined(parts)
}

/** The size that all inputs have in common along their first axis. */
function rowsOf(inputs: Readonly<Record<string, Tensor>>): number | undefined {
  const sizes = new Set(Object.values(inputs).map(({ shape }) => shape[0]))
  const [rows] = sizes
  return sizes.size === 1 && rows !== undefined && rows > 0 ? rows : undefined
}

/** How many rows a run takes; undefined where the first axis is no batch. */
function batchOf(inputs: readonly SessionPort[]): number | undefined {
  const first = inputs.map(({ shape }) => shape[0])
  if (first.every(size => typeof size !== 'number')) return BATCH
  const [size] = first
  return typeof size === 'number' && size > 0 && first.every(other => other === size) ? size : undefined
}

function sliced({ dtype, shape, data }: Tensor, start: number, end: number): Tensor {
  const row = elementCount(shape.slice(1))
  return { dtype, shape: [end - start, ...shape.slice(1)], data: data.slice(start * row, end * row) }
}

function joined(parts: readonly Readonly<Record<string, Tensor>>[]): Readonly<Record<string, Tensor>> {
  const [first = {}] = parts
  return Object.fromEntries(
    Object.keys(first).map(name => {
      const tensors = parts.map(part => part[name]!)
      const [{ dtype, shape }] = tensors as [Tensor]
      const rows = tensors.reduce((sum, part) => sum + (part.shape[0] ?? 1), 0)
      return [
        name,
        { dtype, shape: [rows, ...shape.slice(1)], data: concatenated(tensors.map(({ data }) => data)) },
      ]
    }),
  )
}

function concatenated(pieces: readonly TensorData[]): TensorData {
  const [first] = pieces
  if (first === undefined || Array.isArray(first)) return (pieces as readonly string[][]).flat()
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const Kind = first.constructor as new (length: number) => Float32Array
  const all = new Kind(length)
  let at = 0
  for (const piece of pieces as readonly Float32Array[]) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

/** [N, 1] beside [N]: the same answers. */
function flattened(actual: Tensor, { shape }: Tensor): Tensor {
  const [a, b] = [actual.shape, shape]
  const column = (long: readonly number[], short: readonly number[]) =>
    long.length === 2 && short.length === 1 && long[1] === 1 && long[0] === short[0]
  return column(a, b) || column(b, a) ? { ...actual, shape } : actual
}
