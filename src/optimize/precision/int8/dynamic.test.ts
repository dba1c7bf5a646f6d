import { expect, test } from 'vitest'
import type { OnnxModel, OnnxNode, OnnxTensor } from '../../../formats/index.ts'
import { bytesOf, contrib, describe as described, expected, withFixture } from '../../testing.ts'
import { type DynamicOptions, quantizeDynamic } from './dynamic.ts'

const options = (dtype: 'int8' | 'uint8', perChannel: boolean, reduced = false): DynamicOptions => ({
  weights: { dtype, reduced },
  perChannel,
})

const WAYS: Readonly<Record<string, DynamicOptions>> = {
  int8: options('int8', false),
  'int8 per channel': options('int8', true),
  'int8 reduced per channel': options('int8', true, true),
  uint8: options('uint8', false),
}

const all = { ...expected, ...contrib }
const cases = Object.keys(all).flatMap(model => Object.keys(WAYS).map(way => [model, way] as const))

test.each(cases)('%s, %s: nodes, names and every byte are those of onnxruntime', async (name, way) => {
  const found = await withFixture(name, async model => described(quantizeDynamic(model, WAYS[way]!).model))
  const wanted = all[name]![way]!
  expect(found.initializers).toEqual(wanted.initializers)
  const sorted = (nodes: typeof wanted.nodes) => nodes.map(node => JSON.stringify(node)).sort()
  expect(sorted(found.nodes)).toEqual(sorted(wanted.nodes))
})

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer)
const weight: OnnxTensor = { name: 'w', dtype: 'float32', shape: [2, 2], data: floats(1, -2, 3, 4) }

function aModel(nodes: readonly OnnxNode[], initializers: readonly OnnxTensor[], opset = 17): OnnxModel {
  const value = (name: string) => ({ name, dtype: 'float32', shape: [null, 2] }) as const
  return {
    opsets: [{ domain: '', version: opset }],
    graph: { name: 'g', nodes, inputs: [value('x')], outputs: [value('y')], initializers },
  }
}
const product = { op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }

test.each([
  ['an old opset', aModel([product], [weight], 8), 'OPTIMIZE_UNSUPPORTED', 'opset 8'],
  [
    'a model that is quantized',
    aModel([{ op: 'QuantizeLinear', inputs: ['x', 's'], outputs: ['y'] }], [weight]),
    'OPTIMIZE_UNSUPPORTED',
    'quantized already',
  ],
  [
    'no weight',
    aModel([{ op: 'MatMul', inputs: ['x', 'x'], outputs: ['y'] }], []),
    'OPTIMIZE_NOTHING',
    'No MatMul',
  ],
  [
    'weights of another type',
    aModel([product], [{ ...weight, dtype: 'float16', data: new Uint8Array(8) }]),
    'OPTIMIZE_NOTHING',
    'No MatMul',
  ],
])('%s is told', (_, model, code, message) => {
  const run = () => quantizeDynamic(model, options('int8', false))
  expect(run).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }))
})

test.each([Number.NaN, Number.POSITIVE_INFINITY])('a weight of %d is told when it is read', async number => {
  const model = aModel([product], [{ ...weight, data: floats(1, number, 2, 3) }])
  const changed = quantizeDynamic(model, options('int8', true))
  const quantized = changed.model.graph.initializers!.find(({ name }) => name === 'w_quantized')!
  await expect(bytesOf(quantized)).rejects.toMatchObject({
    code: 'OPTIMIZE_UNSUPPORTED',
    details: { tensor: 'w' },
  })
})

test('what was asked to stay does, with its weight, and says so', () => {
  const nodes = [
    { ...product, name: 'a', outputs: ['m'] },
    { ...product, name: 'b', inputs: ['m', 'w'] },
  ]
  const changed = quantizeDynamic(aModel(nodes, [weight]), {
    ...options('int8', false),
    keep: new Set(['b']),
  })
  expect(changed.changed).toEqual(['a'])
  expect(changed.kept).toEqual([{ node: 'b', op: 'MatMul', why: 'it was asked to stay' }])
  expect(changed.model.graph.initializers!.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['w', 'w_quantized']),
  )
})

test('a name that is taken is not taken again', () => {
  const nodes = [
    { op: 'Relu', inputs: ['x'], outputs: ['x_quantized'] },
    { ...product, inputs: ['x', 'w'], outputs: ['m'] },
    { op: 'Add', inputs: ['m', 'x_quantized'], outputs: ['y'] },
  ]
  const { graph } = quantizeDynamic(aModel(nodes, [weight]), options('int8', false)).model
  const made = graph.nodes.flatMap(({ outputs }) => outputs)
  expect(new Set(made).size).toBe(made.length)
  expect(made).toContain('x_quantized_1')
})
