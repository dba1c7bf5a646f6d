import { expect, test } from 'vitest'
import { floats, runOnnx } from '../../../test/fixtures/onnx-run.ts'
import type { OnnxModel, OnnxNode } from '../../formats/index.ts'
import { quantizeBlocks } from '../precision/blocks/quantize.ts'
import { constantsAsInitializers } from './constants.ts'

const numbers = Float32Array.from({ length: 256 }, (_, i) => Math.sin(i))
const tensor = {
  name: 'of the node',
  dtype: 'float32',
  shape: [16, 16],
  data: new Uint8Array(numbers.buffer),
} as const
const constant: OnnxNode = {
  op: 'Constant',
  inputs: [],
  outputs: ['w'],
  attributes: { value: { tensor } },
}

function aModel(nodes: readonly OnnxNode[], irVersion = 3): OnnxModel {
  const value = (name: string) => ({ name, dtype: 'float32', shape: [1, 16] }) as const
  return {
    irVersion,
    opsets: [{ domain: '', version: 13 }],
    graph: { name: 'g', nodes, inputs: [value('x')], outputs: [value('y')] },
  }
}

test('a weight of a Constant node is a weight: it can be changed, and the runtime takes what comes of it', async () => {
  const model = aModel([constant, { op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }])
  const lifted = constantsAsInitializers(model)
  expect(lifted.irVersion).toBe(4)
  expect(lifted.graph.nodes.map(({ op }) => op)).toEqual(['MatMul'])
  const x = floats([1, 16], numbers.subarray(0, 16))
  const before = (await runOnnx(model, { x }))['y']!.data as Float32Array
  expect((await runOnnx(lifted, { x }))['y']!.data).toEqual(before)
  const { model: changed } = quantizeBlocks(lifted, {
    bits: 8,
    size: 16,
    asymmetric: false,
    accuracyLevel: 1,
  })
  const after = (await runOnnx(changed, { x }))['y']!.data as Float32Array
  expect(Math.max(...after.map((value, i) => Math.abs(value - before[i]!)))).toBeLessThan(0.1)
})

test('what the model gives, text and numbers of other attributes stay nodes', () => {
  const nodes: readonly OnnxNode[] = [
    { ...constant, outputs: ['y'] },
    { op: 'Constant', inputs: [], outputs: ['a'], attributes: { value_int: { int: 3 } } },
    { op: 'Constant', domain: 'own', inputs: [], outputs: ['b'], attributes: { value: { tensor } } },
  ]
  const model = aModel(nodes)
  expect(constantsAsInitializers(model)).toBe(model)
})

test('an initializer that had to be an input is one no more; one that need not stays', () => {
  const w = { ...tensor, name: 'w' }
  const listed = (irVersion: number): OnnxModel => {
    const model = aModel([{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }], irVersion)
    const inputs = [...model.graph.inputs, { name: 'w', dtype: 'float32', shape: [16, 16] } as const]
    return { ...model, graph: { ...model.graph, inputs, initializers: [w] } }
  }
  expect(constantsAsInitializers(listed(3)).graph.inputs.map(({ name }) => name)).toEqual(['x'])
  expect(constantsAsInitializers(listed(4)).graph.inputs.map(({ name }) => name)).toEqual(['x', 'w'])
})
