import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type LiftedModel, liftOnnx, type OnnxModel, type OnnxTensor, openModel } from '../formats/index.ts'

const FIXTURES = new URL('../../test/fixtures/optimize/', import.meta.url).pathname

/** A model as onnxruntime's tools leave it: test/fixtures/optimize/make.py. */
export interface Described {
  readonly nodes: readonly (readonly [op: string, inputs: readonly string[], outputs: readonly string[]])[]
  readonly initializers: Readonly<
    Record<string, { readonly dtype: string; readonly shape: readonly number[]; readonly sha256: string }>
  >
}

export const expected: Readonly<Record<string, Readonly<Record<string, Described>>>> = JSON.parse(
  readFileSync(`${FIXTURES}expected.json`, 'utf8'),
)

/** The same of runtimes' own operators: test/fixtures/optimize/recurrent.py. */
export const contrib: typeof expected = JSON.parse(readFileSync(`${FIXTURES}contrib.json`, 'utf8'))

export async function withFixture<T>(
  name: string,
  use: (model: LiftedModel['model']) => Promise<T>,
): Promise<T> {
  const opened = await openModel(`${FIXTURES}${name}.onnx`)
  const lifted = await liftOnnx(opened.input!)
  try {
    return await use(lifted.model)
  } finally {
    await lifted.close()
    await opened.close()
  }
}

/** The same facts of a model here, its tensors read. */
export async function describe({ graph }: OnnxModel): Promise<Described> {
  const initializers: Record<string, Described['initializers'][string]> = {}
  for (const tensor of graph.initializers ?? []) {
    const { name, dtype, shape } = tensor
    const sha256 = createHash('sha256')
      .update(await bytesOf(tensor))
      .digest('hex')
    initializers[name] = { dtype: dtype === 'float32' ? 'float' : dtype, shape, sha256 }
  }
  return { nodes: graph.nodes.map(({ op, inputs, outputs }) => [op, inputs, outputs]), initializers }
}

export async function bytesOf({ data }: OnnxTensor): Promise<Uint8Array> {
  if (data instanceof Uint8Array) return data
  if (typeof data !== 'function') throw new TypeError('text has no bytes')
  const pieces: Uint8Array[] = []
  for await (const piece of data()) pieces.push(piece.slice())
  return new Uint8Array(Buffer.concat(pieces))
}
