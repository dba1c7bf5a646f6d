import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { writeGguf } from '../../src/formats/gguf/index.ts'
import type { ByteSink } from '../../src/formats/index.ts'
import { writeNpy, writeNpz } from '../../src/formats/npy/write/index.ts'
import { writeOnnx } from '../../src/formats/onnx/write/write.ts'
import { writeSafetensors } from '../../src/formats/safetensors/index.ts'

const TENSORS = 64
const PART = 16 * 1024 * 1024

/** What the weights are: zeros take no space on disk, numbers do. */
export type Content = 'zeros' | 'numbers'

const ZEROS = new Uint8Array(PART)
let numbers: Uint8Array | undefined

/** Roughly normal float32 weights, from a seeded generator. */
function someNumbers(): Uint8Array {
  let state = 42
  const uniform = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32 - 0.5
  }
  const weights = Float32Array.from({ length: PART / 4 }, () => 0.05 * (uniform() + uniform() + uniform()))
  return new Uint8Array(weights.buffer)
}

/** `bytes` of weights, in pieces; zeros in such that the sink below knows. */
async function* filled(bytes: number, content: Content): AsyncGenerator<Uint8Array> {
  if (content === 'numbers') numbers ??= someNumbers()
  const part = content === 'zeros' ? ZEROS : numbers!
  for (let left = bytes; left > 0; left -= PART) yield left >= PART ? part : part.subarray(0, left)
}

/** A file in which zeros become holes. */
async function sparse(path: string): Promise<ByteSink & { close(): Promise<void> }> {
  const file = await open(path, 'w')
  let at = 0
  return {
    async write(bytes) {
      if (bytes.buffer !== ZEROS.buffer) await file.write(bytes, 0, bytes.byteLength, at)
      at += bytes.byteLength
    },
    async close() {
      await file.truncate(at)
      await file.close()
    },
  }
}

async function made(
  folder: string,
  format: string,
  name: string,
  write: (sink: ByteSink, folder: string) => Promise<unknown>,
): Promise<string> {
  const own = join(folder, format)
  await mkdir(own, { recursive: true })
  const sink = await sparse(join(own, name))
  await write(sink, own)
  await sink.close()
  return join(own, name)
}

/** Square-ish float32 weights that add up to about `size` bytes. */
function weights(size: number) {
  const columns = 1024
  const rows = Math.floor(size / TENSORS / 4 / columns)
  const bytes = rows * columns * 4
  return Array.from({ length: TENSORS }, (_, i) => ({
    name: `layer.${i}.weight`,
    dtype: 'float32' as const,
    shape: [rows, columns],
    bytes,
  }))
}

const streamed = (size: number, content: Content) =>
  weights(size).map(({ bytes, ...rest }) => ({ ...rest, data: filled(bytes, content) }))

/** Each makes a file of about `size` bytes in a folder of its own, and gives its path. */
export const MAKERS = {
  safetensors: (folder: string, size: number, content: Content) =>
    made(folder, 'safetensors', 'model.safetensors', sink => writeSafetensors(streamed(size, content), sink)),
  gguf: (folder: string, size: number, content: Content) =>
    made(folder, 'gguf', 'model.gguf', sink =>
      writeGguf(
        streamed(size, content),
        sink,
        new Map([['general.architecture', { type: 'string', value: 'llama' }]]),
      ),
    ),
  npy: (folder: string, size: number, content: Content) =>
    made(folder, 'npy', 'model.npy', sink =>
      writeNpy({ dtype: 'float32', shape: [size / 4], data: filled(size, content) }, sink),
    ),
  npz: (folder: string, size: number, content: Content) =>
    made(folder, 'npz', 'model.npz', sink => writeNpz(streamed(size, content), sink)),
  onnx: (folder: string, size: number, content: Content) =>
    made(folder, 'onnx', 'model.onnx', async (sink, own) => {
      const data = await sparse(join(own, 'model.onnx.data'))
      await writeOnnx(onnxModel(size, content), sink, {
        external: { location: 'model.onnx.data', sink: data, when: 'always' },
      })
      await data.close()
    }),
} as const
export type MadeFormat = keyof typeof MAKERS

function onnxModel(size: number, content: Content) {
  const initializers = weights(size).map(({ bytes, ...rest }) => ({
    ...rest,
    data: () => filled(bytes, content),
  }))
  const tensor = (name: string) => ({ name, dtype: 'float32' as const, shape: ['N', 1024] })
  return {
    irVersion: 10,
    opsets: [{ domain: '', version: 21 }],
    graph: {
      name: 'chain',
      nodes: initializers.map(({ name }, i) => ({
        op: 'Add',
        inputs: [i === 0 ? 'x' : `h${i}`, name],
        outputs: [i === initializers.length - 1 ? 'y' : `h${i + 1}`],
      })),
      initializers,
      inputs: [tensor('x')],
      outputs: [tensor('y')],
    },
  }
}
