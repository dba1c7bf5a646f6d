import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OnnxNode, type OnnxTensor, writeOnnx } from '../../../formats/index.ts'
import { footprintOf, withFootprints } from './footprint.ts'

const PROGRAM = [process.execPath, new URL('../../main.ts', import.meta.url).pathname]
const ABORTING = [process.execPath, '-e', 'process.abort()']
const MB = 2 ** 20
/** Processes start slowly where many do. */
const MINUTES = 180_000
/** What an allocator may keep of its own, or take of pages that were there before. */
const SLACK = 8 * MB

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footprint-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** y = x + w, and where `wide`, through a value of so many float32 in between. */
async function aModel(name: string, weight: number, wide = 0): Promise<string> {
  const path = join(folder, name)
  const ones = { name: 'w', dtype: 'float32', shape: [weight / 4], data: () => pieces(weight) } as const
  const initializers: OnnxTensor[] = [ones]
  const nodes: OnnxNode[] = [{ op: 'Add', inputs: ['x', 'w'], outputs: [wide ? 'a' : 'y'] }]
  if (wide) {
    const shape = new Uint8Array(new BigInt64Array([BigInt(wide / weight), BigInt(weight / 4)]).buffer)
    initializers.push({ name: 's', dtype: 'int64', shape: [2], data: shape })
    const axes = new Uint8Array(new BigInt64Array([0n, 1n]).buffer)
    initializers.push({ name: 'axes', dtype: 'int64', shape: [2], data: axes })
    nodes.push(
      { op: 'Expand', inputs: ['a', 's'], outputs: ['b'] },
      { op: 'ReduceSum', inputs: ['b', 'axes'], outputs: ['y'] },
    )
  }
  const file = await open(path, 'w')
  const model = {
    irVersion: 8,
    opsets: [{ domain: '', version: 17 }],
    graph: {
      name: 'g',
      nodes,
      inputs: [{ name: 'x', dtype: 'float32', shape: [1] } as const],
      outputs: [{ name: 'y', dtype: 'float32' } as const],
      initializers,
    },
  }
  await writeOnnx(model, { write: async bytes => void (await file.write(bytes)) })
  await file.close()
  return path
}

async function* pieces(bytes: number): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes; at += MB) yield new Uint8Array(new Float32Array(MB / 4).fill(1).buffer)
}

const footprint = (path: string, program: readonly string[] = PROGRAM) =>
  footprintOf(path, { shapes: new Map(), threads: 1, budget: 0, processes: 1 }, { program })

test(
  'weights are held, and what is between nodes too once the model has run',
  async () => {
    const heavy = await footprint(await aModel('heavy.onnx', 64 * MB))
    expect(heavy!.steady).toBeGreaterThan(64 * MB - SLACK)
    // The file as it is read, and the weights that come of it.
    expect(heavy!.peak).toBeGreaterThanOrEqual(heavy!.steady - SLACK)
    expect(heavy!.peak).toBeLessThan(6 * 64 * MB)

    const wide = await footprint(await aModel('wide.onnx', MB, 64 * MB))
    expect(wide!.peak).toBeGreaterThan(64 * MB - SLACK)
    const light = await footprint(await aModel('light.onnx', MB))
    expect(light!.steady).toBeLessThan(2 * SLACK)
    expect(light!.peak).toBeLessThan(2 * SLACK)
  },
  MINUTES,
)

test(
  'a model that ends its process, or does not load, has none',
  async () => {
    const path = await aModel('other.onnx', MB)
    expect(await footprint(path, ABORTING)).toBeUndefined()
    expect(await footprint(join(folder, 'nowhere.onnx'))).toBeUndefined()
    const measured = { bytes: 1, load: 1, latencyP50: 1, latencyP99: 1, runs: 1 }
    const comparison = { original: measured, variant: measured, drift: [] }
    const memory = { steady: 1, peak: 2 }
    expect(withFootprints(comparison, undefined, memory)).toEqual({
      original: measured,
      variant: { ...measured, memory },
      drift: [],
    })
  },
  MINUTES,
)
