import { expect, test } from 'vitest'
import { floats, relativeError, runOnnx } from '../../../test/fixtures/onnx-run.ts'
import type { OnnxModel, OnnxNode } from '../../formats/index.ts'
import { raiseOpset } from './opset.ts'

function aModel(nodes: readonly OnnxNode[], opset: number, outputs = ['y']): OnnxModel {
  const value = (name: string) => ({ name, dtype: 'float32', shape: [null, null] }) as const
  return {
    irVersion: 4,
    opsets: [{ domain: '', version: opset }],
    graph: { name: 'g', nodes, inputs: [value('x')], outputs: outputs.map(value) },
  }
}

const x = floats([2, 5], [3, -1, 4, -1.5, 9, -2, 6, 5, -3.5, 8])
const node = (op: string, attributes: OnnxNode['attributes'], outputs = ['y']): OnnxNode => ({
  op,
  inputs: ['x'],
  outputs,
  attributes: attributes!,
})

test.each<[what: string, node: OnnxNode, opset: number]>([
  ['Clip with both ends', node('Clip', { min: { float: -1 }, max: { float: 5 } }), 9],
  ['Clip with one', node('Clip', { max: { float: 5 } }), 10],
  ['Pad', node('Pad', { pads: { ints: [1, 0, 0, 2] }, value: { float: 7 } }), 10],
  ['Pad by reflection', node('Pad', { pads: { ints: [0, 2, 0, 1] }, mode: { text: 'reflect' } }), 9],
  ['Slice', node('Slice', { starts: { ints: [1] }, ends: { ints: [-1] }, axes: { ints: [1] } }), 9],
  ['Slice of the first axes', node('Slice', { starts: { ints: [0, 2] }, ends: { ints: [1, 4] } }), 9],
])('%s gives the same', async (_, node, opset) => {
  const model = aModel([node], opset)
  const raised = raiseOpset(model)
  expect(raised.opsets).toEqual([{ domain: '', version: 11 }])
  const [before, after] = [await runOnnx(model, { x }), await runOnnx(raised, { x })]
  expect(after['y']).toEqual(before['y'])
})

test('TopK gives the same numbers', async () => {
  const top = node('TopK', { k: { int: 2 }, axis: { int: 1 } }, ['y', 'places'])
  const model = aModel([top], 9)
  const [before, after] = [await runOnnx(model, { x }), await runOnnx(raiseOpset(model), { x })]
  expect(after['y']).toEqual(before['y'])
})

const cube = floats(
  [2, 3, 4],
  Array.from({ length: 24 }, (_, i) => Math.cos(i * 1.7) * 3),
)

test.each<[string, OnnxNode, number, string[]?]>([
  ['Softmax of the last axes as one', node('Softmax', {}), 11],
  ['Softmax of all axes as one', node('LogSoftmax', { axis: { int: 0 } }), 12],
  ['Softmax of the last two axes', node('Softmax', { axis: { int: -2 } }), 9],
  ['Softmax of the last axis', node('Hardmax', { axis: { int: -1 } }), 11],
  ['Squeeze', { ...node('Squeeze', { axes: { ints: [0] } }), inputs: ['one'] }, 11],
  ['Unsqueeze', node('Unsqueeze', { axes: { ints: [0, 2] } }), 11],
  ['ReduceSum', node('ReduceSum', { axes: { ints: [1] }, keepdims: { int: 0 } }), 11],
  ['ReduceSum of all', node('ReduceSum', { keepdims: { int: 0 } }), 11],
  ['ReduceMean', node('ReduceMean', { axes: { ints: [-1] } }), 13],
  ['ReduceL2', node('ReduceL2', { axes: { ints: [0, 1] } }), 17],
  ['Split by sizes', node('Split', { axis: { int: 2 }, split: { ints: [1, 3] } }, ['y', 'z']), 11],
  ['Split in halves', node('Split', { axis: { int: 2 } }, ['y', 'z']), 13],
  ['Dropout', node('Dropout', { ratio: { float: 0.5 } }), 11],
  ['Upsample', { ...node('Upsample', { mode: { text: 'nearest' } }), inputs: ['x', 'factors'] }, 9],
  ['Resize', { ...node('Resize', { mode: { text: 'linear' } }), inputs: ['x', 'factors'] }, 10],
  ['Clip', node('Clip', { min: { float: -1 } }), 10],
])('%s gives the same under opset 18', async (_, given, opset) => {
  const one = { op: 'Reshape', inputs: ['x', 'shape'], outputs: ['one'] }
  const nodes = given.inputs[0] === 'one' ? [one, given] : [given]
  const model = aModel(nodes, opset, [...given.outputs])
  const free = model.graph.outputs.map(({ name, dtype }) => ({ name, dtype }))
  const shape = new Uint8Array(BigInt64Array.from([1n, 6n, 4n]).buffer)
  const factors = new Uint8Array(Float32Array.of(1, 2, 1.5).buffer)
  const initializers = [
    { name: 'shape', dtype: 'int64', shape: [3], data: shape },
    { name: 'factors', dtype: 'float32', shape: [3], data: factors },
  ] as const
  const inputs = [{ name: 'x', dtype: 'float32', shape: [2, 3, 4] }] as const
  const cubic = { ...model, graph: { ...model.graph, inputs, outputs: free, initializers } }
  const raised = raiseOpset(cubic, 18)
  expect(raised.opsets).toEqual([{ domain: '', version: 18 }])
  const [before, after] = [await runOnnx(cubic, { x: cube }), await runOnnx(raised, { x: cube })]
  for (const name of given.outputs) expect(relativeError(after[name]!, before[name]!)).toBeLessThan(1e-6)
})

test('bodies are raised too', async () => {
  const branch = (name: string, max: number) => ({
    name,
    nodes: [{ ...node('Clip', { max: { float: max } }), outputs: [`${name}_y`] }],
    inputs: [],
    outputs: [{ name: `${name}_y`, dtype: 'float32', shape: [null, null] } as const],
  })
  const model = aModel(
    [
      { op: 'ReduceMax', inputs: ['x'], outputs: ['m'], attributes: { keepdims: { int: 0 } } },
      { op: 'Cast', inputs: ['m'], outputs: ['up'], attributes: { to: { int: 9 } } },
      {
        op: 'If',
        inputs: ['up'],
        outputs: ['y'],
        attributes: { then_branch: { graph: branch('t', 2) }, else_branch: { graph: branch('e', 1) } },
      },
    ],
    10,
  )
  const [before, after] = [await runOnnx(model, { x }), await runOnnx(raiseOpset(model), { x })]
  expect(after['y']).toEqual(before['y'])
})

test('what is new enough stays, what can not be raised is told', () => {
  const current = aModel([node('Relu', {})], 11)
  expect(raiseOpset(current)).toBe(current)
  for (const [model, message] of [
    [aModel([node('Relu', {})], 8), 'opset 8'],
    [aModel([node('Upsample', { mode: { text: 'nearest' } })], 9), 'Upsample'],
    [
      aModel([node('Resize', { coordinate_transformation_mode: { text: 'tf_half_pixel_for_nn' } })], 11),
      'Resize',
    ],
  ] as const)
    expect(() => raiseOpset(model, 18)).toThrow(
      expect.objectContaining({ code: 'OPTIMIZE_UNSUPPORTED', message: expect.stringContaining(message) }),
    )
})
