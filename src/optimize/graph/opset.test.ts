import { expect, test } from 'vitest'
import { floats, runOnnx } from '../../../test/fixtures/onnx-run.ts'
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
  ] as const)
    expect(() => raiseOpset(model)).toThrow(
      expect.objectContaining({ code: 'OPTIMIZE_UNSUPPORTED', message: expect.stringContaining(message) }),
    )
})
