import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openFile } from '../../core/index.ts'
import {
  encodeElements,
  inspectOnnx,
  type OnnxModel,
  type OnnxTensor,
  openModel,
} from '../../formats/index.ts'
import { writeModel } from '../output/write-model.ts'
import { constantComputer } from './constants/computer.ts'
import { describeOptimized } from './describe.ts'
import { type OptimizeRequest, optimizeModel } from './optimize.ts'

const PROGRAM = [process.execPath, new URL('../main.ts', import.meta.url).pathname]
const ABORTING = [process.execPath, '-e', 'process.abort()']
const ENDLESS = [process.execPath, '-e', 'setInterval(() => undefined, 1e6)']
const SIDE = 120

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simplify-'))
  // What is left behind would lie there.
  vi.stubEnv('TMPDIR', folder)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

const floats = (name: string, shape: readonly number[]): OnnxTensor => {
  const elements = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((i * 37) % 23) / 70)
  return { name, dtype: 'float32', shape, data: encodeElements('float32', elements) }
}

/** y = (x · sin(wᵀ)) · v, with an Identity between; the sines take more than one read. */
const MODEL: OnnxModel = {
  irVersion: 8,
  opsets: [{ domain: '', version: 17 }],
  graph: {
    name: 'g',
    nodes: [
      { op: 'Transpose', inputs: ['w'], outputs: ['t'] },
      { op: 'Sin', name: 'sines', inputs: ['t'], outputs: ['s'] },
      { op: 'MatMul', inputs: ['x', 's'], outputs: ['a'] },
      { op: 'Identity', inputs: ['a'], outputs: ['b'] },
      { op: 'MatMul', inputs: ['b', 'v'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', dtype: 'float32', shape: ['N', SIDE] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: ['N', 8] }],
    initializers: [floats('w', [SIDE, SIDE]), floats('v', [SIDE, 8])],
  },
}

async function simplified({
  model: given = MODEL,
  ...more
}: Partial<OptimizeRequest> & { model?: OnnxModel } = {}) {
  const path = join(folder, 'model.onnx')
  await writeModel(given, path)
  const model = await openModel(path)
  const request: OptimizeRequest = {
    path,
    out: join(folder, 'variant.onnx'),
    change: { kind: 'simplify' },
    keep: new Set(),
    program: PROGRAM,
    measure: { shapes: new Map(), threads: 1, budget: 100, processes: 0 },
    ...more,
  }
  return await optimizeModel(model, request).finally(() => model.close())
}

async function described(path: string) {
  const source = await openFile(path)
  return await inspectOnnx(source).finally(() => source.close())
}

test('constants are computed in a process of their own, and nothing of it is left', async () => {
  const optimized = await simplified()
  expect(optimized.simplified).toEqual({
    nodes: { before: 5, after: 2 },
    passes: [
      { name: 'constants', removed: 2 },
      { name: 'no-ops', removed: 1 },
    ],
    kept: [],
  })
  expect(optimized.comparison!.drift[0]!.largest).toBeLessThan(1e-5)
  expect((await readdir(folder)).sort()).toEqual(['model.onnx', 'variant.onnx'])
  const { nodes, metadata } = await described(join(folder, 'variant.onnx'))
  expect(nodes).toBe(2)
  expect(metadata).toContainEqual({ key: 'ballast.change', value: 'simplified' })
  expect(describeOptimized(optimized)).toMatch(/^5 nodes → 2 \(constants −2, no-ops −1\)\nsimplified → /)
})

test('what is listed among the inputs is a constant only where that was asked for, and it is told', async () => {
  const { graph } = MODEL
  const w = { name: 'w', dtype: 'float32', shape: [SIDE, SIDE] } as const
  const listed = { ...MODEL, graph: { ...graph, inputs: [...graph.inputs, w] } }
  const kept = await simplified({ model: listed })
  expect(kept.simplified!.nodes).toEqual({ before: 5, after: 4 })
  expect(kept.constantInputs).toBeUndefined()
  const made = await simplified({ model: listed, constantInputs: true })
  expect(made.simplified!.nodes).toEqual({ before: 5, after: 2 })
  expect(made.constantInputs).toEqual(['w'])
  expect(describeOptimized(made)).toContain('no inputs any more, but constants: w')
  expect(made.comparison!.drift[0]!.relative).toBeLessThan(1e-5)
})

test('a runtime that aborts costs what it was to compute, and no more', async () => {
  const { simplified: found, comparison } = await simplified({ program: ABORTING })
  expect(found!.nodes).toEqual({ before: 5, after: 4 })
  expect(found!.kept).toContainEqual({
    node: 'sines',
    op: 'Sin',
    why: 'the runtime could not compute it beforehand',
  })
  expect(comparison!.drift[0]!.largest).toBe(0)
})

test('one that does not end is ended', async () => {
  const computer = await constantComputer({ program: ENDLESS, deadline: 300 })
  const { graph } = MODEL
  const constants = {
    ...MODEL,
    graph: {
      ...graph,
      nodes: graph.nodes.slice(0, 2),
      inputs: [],
      outputs: [{ name: 's', dtype: 'float32', shape: [SIDE, SIDE] } as const],
    },
  }
  expect(await computer.compute(constants)).toBeUndefined()
  await computer.close()
  expect(await readdir(folder)).toEqual([])
})

test('before another change, the simplified model is changed', async () => {
  const change = { kind: 'int8', dtype: 'int8', perChannel: true, reduced: false } as const
  const { changed, kept } = await simplified({ change })
  expect([changed.length, kept.length]).toEqual([1, 1])
  const optimized = await simplified({ change, simplify: true, out: join(folder, 'both.onnx') })
  expect(optimized).toMatchObject({ change: 'simplified, dynamic int8 per channel', kept: [] })
  expect(optimized.changed.length).toBe(2)
})
