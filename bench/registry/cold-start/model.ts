import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { Digest } from '../../../src/core/index.ts'
import { buildOnnx } from '../../../test/fixtures/onnx-builder.ts'

/** 100 MB of fp32 to a layer. */
const MAX_WIDTH = 5000

export interface MadeModel {
  readonly path: string
  readonly digest: Digest
  readonly size: number
  readonly width: number
}

/** A perceptron with layers of random weights, as many as fill `bytes`; the same seed, the same file. */
export async function makeModel(path: string, bytes: number, seed: number): Promise<MadeModel> {
  const layers = Math.max(1, Math.ceil(bytes / (4 * MAX_WIDTH ** 2)))
  const width = Math.round(Math.sqrt(bytes / layers / 4))
  const random = xorshift(seed)
  const weights = (length: number) => Float32Array.from({ length }, () => (random() - 0.5) / Math.sqrt(width))
  const file = buildOnnx({
    inputs: [{ name: 'x', shape: ['N', width] }],
    outputs: [{ name: `h${layers}`, shape: ['N', width] }],
    initializers: Array.from({ length: layers }, (_, i) => ({
      name: `w${i}`,
      dims: [width, width],
      data: weights(width * width),
    })),
    nodes: Array.from({ length: layers }, (_, i) => ({
      op: 'MatMul',
      inputs: [i === 0 ? 'x' : `h${i}`, `w${i}`],
      outputs: [`h${i + 1}`],
    })),
  })
  const handle = await open(path, 'w', 0o444)
  await handle.writeFile(file)
  await handle.sync()
  await handle.close()
  const digest = `sha256:${createHash('sha256').update(file).digest('hex')}` as Digest
  return { path, digest, size: file.byteLength, width }
}

function xorshift(seed: number): () => number {
  let state = seed | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
