/**
 * Steps around a model, in its graph and beside it: normalising a picture's bytes into a tensor, and a softmax with
 * the five best of a thousand classes. ONNX Runtime runs each as a graph of its own, with one thread; the interpreter
 * is the one of evaluation and serving. The fastest of many runs counts: whatever disturbs one makes it slower.
 *
 *   node bench/steps.ts [runs]
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Tensor } from '../src/core/index.ts'
import type { OnnxGraph, OnnxTensor } from '../src/formats/index.ts'
import { compilePreprocess, loadOnnx, type ModelSession, toPrediction } from '../src/model/index.ts'
import { bytesOf } from '../test/fixtures/onnx-run.ts'

const runs = Number(process.argv[2] ?? 500)
const SIDE = 224
const CLASSES = 1000
const [MEAN, STD] = [
  [0.485, 0.456, 0.406],
  [0.229, 0.224, 0.225],
]

const floats = (name: string, values: readonly number[]): OnnxTensor => ({
  name,
  dtype: 'float32',
  shape: [values.length],
  data: new Uint8Array(Float32Array.from(values).buffer),
})

const prefix: OnnxGraph = {
  name: 'prefix',
  inputs: [{ name: 'pixels', dtype: 'uint8', shape: ['N', SIDE, SIDE, 3] }],
  outputs: [{ name: 'x', dtype: 'float32', shape: ['N', 3, SIDE, SIDE] }],
  initializers: [
    floats(
      'mean',
      MEAN.map(mean => mean * 255),
    ),
    floats(
      'factor',
      STD.map(std => 1 / (std * 255)),
    ),
  ],
  nodes: [
    { op: 'Cast', inputs: ['pixels'], outputs: ['float'], attributes: { to: { int: 1 } } },
    { op: 'Sub', inputs: ['float', 'mean'], outputs: ['centered'] },
    { op: 'Mul', inputs: ['centered', 'factor'], outputs: ['scaled'] },
    { op: 'Transpose', inputs: ['scaled'], outputs: ['x'], attributes: { perm: { ints: [0, 3, 1, 2] } } },
  ],
}

const suffix: OnnxGraph = {
  name: 'suffix',
  inputs: [{ name: 'logits', dtype: 'float32', shape: ['N', CLASSES] }],
  outputs: [
    { name: 'scores', dtype: 'float32', shape: ['N', 5] },
    { name: 'indexes', dtype: 'int64', shape: ['N', 5] },
  ],
  initializers: [
    { name: 'k', dtype: 'int64', shape: [1], data: new Uint8Array(BigInt64Array.of(5n).buffer) },
  ],
  nodes: [
    { op: 'Softmax', inputs: ['logits'], outputs: ['all'], attributes: { axis: { int: -1 } } },
    { op: 'TopK', inputs: ['all', 'k'], outputs: ['scores', 'indexes'] },
  ],
}

async function fastest(run: () => unknown): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < runs; i++) {
    const began = performance.now()
    await run()
    best = Math.min(best, performance.now() - began)
  }
  return best * 1000
}

const folder = await mkdtemp(join(tmpdir(), 'ballast-steps-'))
try {
  const open = async (graph: OnnxGraph): Promise<ModelSession> => {
    const path = join(folder, `${graph.name}.onnx`)
    await writeFile(path, await bytesOf({ opsets: [{ domain: '', version: 17 }], graph }))
    return loadOnnx(path)
  }
  const data = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * 7919) % 256)
  const picture: Tensor = { dtype: 'uint8', shape: [SIDE, SIDE, 3], data }
  const steps = compilePreprocess([
    { kind: 'scale', factor: 1 / 255 },
    { kind: 'normalize', mean: MEAN, std: STD },
    { kind: 'layout', order: 'nchw' },
  ])
  const first = await open(prefix)
  const pixels: Tensor = { ...picture, shape: [1, ...picture.shape] }
  const logits: Tensor = {
    dtype: 'float32',
    shape: [1, CLASSES],
    data: Float32Array.from({ length: CLASSES }, (_, i) => Math.sin(i * i)),
  }
  const last = await open(suffix)
  const config = { task: 'classification', labels: [] } as const
  const rows = [
    ['normalize 224 × 224 × 3', () => first.run({ pixels }), () => steps.fromArray(picture)],
    ['softmax, five of 1000', () => last.run({ logits }), () => toPrediction(logits, config)],
  ] as const
  for (const [name, inGraph, beside] of rows) {
    const [a, b] = [await fastest(inGraph), await fastest(beside)]
    console.log(`${name}: graph ${a.toFixed(1)} µs, interpreter ${b.toFixed(1)} µs`)
  }
} finally {
  await rm(folder, { recursive: true })
}
