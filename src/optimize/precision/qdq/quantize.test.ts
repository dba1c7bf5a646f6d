import { describe, expect, test } from 'vitest'
import type { OnnxGraph, OnnxModel, OnnxNode, OnnxTensor } from '../../../formats/index.ts'
import { bytesOf, describe as described } from '../../testing.ts'
import { quantizeStatic } from './quantize.ts'
import { made, rangesOf, withStatic } from './testing.ts'
import type { Range, StaticOptions } from './types.ts'

function options(way: string): StaticOptions {
  const [activations, weights] = way.split(' ').map(word => (word === 's8' ? 'int8' : 'uint8'))
  return {
    activations: { dtype: activations!, symmetric: way.includes('symmetric') },
    weights: { dtype: weights!, reduced: way.includes('reduced') },
    perChannel: way.includes('per channel'),
  }
}

const cases = Object.entries(made).flatMap(([name, { models }]) =>
  Object.keys(models).map(way => [name, way] as const),
)

test.each(cases)('%s, %s: nodes, names and every byte are those of onnxruntime', async (name, way) => {
  const { graph } = await withStatic(name, async model => {
    const changed = quantizeStatic(model, rangesOf(name), options(way)).model
    return { graph: { ...(await described(changed)), nodes: changed.graph.nodes } }
  })
  const wanted = made[name]!.models[way]!
  expect(graph.initializers).toEqual(wanted.initializers)
  const nodes = graph.nodes.map(({ op, inputs, outputs, attributes }) => {
    const axis = attributes?.['axis']
    return [op, inputs, outputs, op === 'DequantizeLinear' && axis && 'int' in axis ? Number(axis.int) : null]
  })
  const sorted = (each: readonly unknown[]) => each.map(node => JSON.stringify(node)).sort()
  expect(sorted(nodes)).toEqual(sorted(wanted.nodes))
  expect(firstOutOfOrder(graph.nodes, graph.initializers)).toBeUndefined()
})

/** A node that takes what no node before it gives. */
function firstOutOfOrder(nodes: readonly OnnxNode[], initializers: object): OnnxNode | undefined {
  const given = new Set(['', 'x', ...Object.keys(initializers)])
  return nodes.find(({ inputs, outputs }) => {
    const fits = inputs.every(name => given.has(name))
    for (const name of outputs) given.add(name)
    return !fits
  })
}

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer)
const tensor = (name: string, shape: readonly number[], ...values: number[]): OnnxTensor => ({
  name,
  dtype: 'float32',
  shape,
  data: floats(...values),
})
const weight = tensor('w', [2, 2], 1, -2, 3, 4)
const wide: Range = { least: -3, greatest: 5 }
const plain = options('u8 s8')

function aModel(
  nodes: readonly OnnxNode[],
  initializers: readonly OnnxTensor[] = [weight],
  opset = 17,
  more: Partial<OnnxGraph> = {},
): OnnxModel {
  const value = (name: string) => ({ name, dtype: 'float32', shape: [null, 2] }) as const
  return {
    opsets: [{ domain: '', version: opset }],
    graph: { name: 'g', nodes, inputs: [value('x')], outputs: [value('y')], initializers, ...more },
  }
}

const product = { op: 'MatMul', name: 'p', inputs: ['x', 'w'], outputs: ['y'] }
const ranged = (...names: string[]) => new Map(names.map(name => [name, wide] as const))

describe('refused', () => {
  test.each([
    ['an old opset', aModel([product], [weight], 8), plain, 'OPTIMIZE_UNSUPPORTED', 'opset 8'],
    [
      'a model that is quantized',
      aModel([{ op: 'DequantizeLinear', inputs: ['w', 's'], outputs: ['d'] }, product]),
      plain,
      'OPTIMIZE_UNSUPPORTED',
      'quantized already',
    ],
    ['types without kernels', aModel([product]), options('s8 u8'), 'OPTIMIZE_UNSUPPORTED', 'no kernels'],
    ['no node', aModel([{ op: 'Neg', inputs: ['x'], outputs: ['y'] }]), plain, 'OPTIMIZE_NOTHING', 'No node'],
  ] as const)('%s', (_, model, how, code, message) => {
    const run = () => quantizeStatic(model, ranged('x', 'y'), how)
    expect(run).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }))
  })

  test.each([
    { least: Number.NaN, greatest: Number.NaN },
    { least: 0, greatest: Number.POSITIVE_INFINITY },
    { least: 1, greatest: 0 },
  ])('a range from $least to $greatest', range => {
    const ranges = new Map([...ranged('y'), ['x', range] as const])
    expect(() => quantizeStatic(aModel([product]), ranges, plain)).toThrow(
      expect.objectContaining({ code: 'OPTIMIZE_UNSUPPORTED', details: { value: 'x' } }),
    )
  })

  test('NaN in a weight, while it is read', async () => {
    const model = aModel([product], [tensor('w', [2, 2], 1, Number.NaN, 2, 3)])
    const { graph } = quantizeStatic(model, ranged('x', 'y'), plain).model
    const quantized = graph.initializers!.find(({ name }) => name === 'w_quantized')!
    await expect(bytesOf(quantized)).rejects.toMatchObject({ code: 'OPTIMIZE_UNSUPPORTED' })
  })
})

describe('kept with a reason', () => {
  const second = { op: 'MatMul', name: 'q', inputs: ['h', 'w'], outputs: ['y'] }
  const first = { ...product, outputs: ['h'] }

  test.each([
    ['a value without a range', [first, second], [weight], ['x', 'h'], plain, "no range of 'y' is known"],
    [
      'a value that a custom operator gives',
      [
        { op: 'Own', domain: 'custom', inputs: ['x'], outputs: ['c'] },
        { ...first, inputs: ['x', 'w'] },
      ]
        .concat([{ ...second, inputs: ['c', 'w'] }])
        .map(node => node as OnnxNode),
      [weight],
      ['x', 'h', 'y', 'c'],
      plain,
      "it is not known what 'c' is made of",
    ],
    [
      'a weight that another node lays by rows',
      [
        { op: 'Gemm', name: 'p', inputs: ['x', 'w'], outputs: ['h'], attributes: { transB: { int: 1 } } },
        second,
      ],
      [weight],
      ['x', 'h', 'y'],
      options('u8 s8 per channel'),
      "its weight 'w' is laid by another axis already",
    ],
    [
      'a bias without a number for each channel',
      [first, { op: 'Gemm', name: 'q', inputs: ['h', 'v', 'b'], outputs: ['y'] }],
      [weight, { ...weight, name: 'v' }, tensor('b', [1], 1)],
      ['x', 'h', 'y'],
      options('u8 s8 per channel'),
      "its bias 'b' has no number for each of 2 channels",
    ],
    [
      'a weight whose scale a Gather shares',
      [
        { op: 'Gather', name: 'g', inputs: ['w', 'i'], outputs: ['h'] },
        { op: 'MatMul', name: 'q', inputs: ['h', 'w'], outputs: ['y'] },
      ],
      [weight, { name: 'i', dtype: 'int64', shape: [1], data: new Uint8Array(8) } as const],
      ['h', 'y'],
      options('u8 s8 per channel'),
      "its weight 'w' shares one scale",
    ],
  ] as const)('%s', (_, nodes, initializers, names, how, why) => {
    const changed = quantizeStatic(aModel(nodes, initializers), ranged(...names), how)
    expect(changed.kept.map(each => [each.node, each.why])).toEqual([['q', why]])
    expect(changed.model.graph.nodes.map(({ name }) => name)).toContain('q')
  })

  test('what was asked to stay', () => {
    const changed = quantizeStatic(aModel([first, second]), ranged('x', 'h', 'y'), {
      ...plain,
      keep: new Set(['p']),
    })
    expect(changed.changed).toEqual(['q'])
    expect(changed.kept).toEqual([{ node: 'p', op: 'MatMul', why: 'it was asked to stay' }])
  })
})

describe('Relu', () => {
  const relu = { op: 'Relu', name: 'r', inputs: ['h'], outputs: ['y'] }
  const nodes = [{ ...product, outputs: ['h'] }, relu]
  const ops = (changed: { readonly model: OnnxModel }) => changed.model.graph.nodes.map(({ op }) => op)

  test('goes where the places of its output begin at 0', () => {
    expect(ops(quantizeStatic(aModel(nodes), ranged('x', 'h', 'y'), plain))).not.toContain('Relu')
  })

  test('stays where int8 places of no width would let negative numbers through', () => {
    const ranges = new Map([...ranged('x', 'h'), ['y', { least: 0, greatest: 0 }] as const])
    expect(ops(quantizeStatic(aModel(nodes), ranges, options('s8 s8')))).toContain('Relu')
    expect(ops(quantizeStatic(aModel(nodes), ranges, plain))).not.toContain('Relu')
  })

  test('stays where a body takes what it takes', () => {
    const body = {
      name: 'b',
      inputs: [],
      outputs: [{ name: 'o', dtype: 'float32' as const }],
      nodes: [{ op: 'Identity', inputs: ['h'], outputs: ['o'] }],
    }
    const branch = {
      op: 'If',
      inputs: ['c'],
      outputs: ['z'],
      attributes: { then_branch: { graph: body }, else_branch: { graph: body } },
    }
    const condition = { name: 'c', dtype: 'bool', shape: [], data: Uint8Array.of(1) } as const
    const model = aModel([...nodes, branch], [weight, condition])
    const { graph } = quantizeStatic(model, ranged('x', 'h', 'y'), plain).model
    expect(graph.nodes.map(({ op }) => op)).toContain('Relu')
    expect(graph.nodes.flatMap(({ outputs }) => outputs)).toContain('h')
  })
})

test('a constant that a body takes stays; a bias that one takes stands before it', async () => {
  const body = {
    name: 'b',
    inputs: [],
    outputs: [{ name: 'o', dtype: 'float32' as const }],
    nodes: [{ op: 'Add', inputs: ['b', 'w'], outputs: ['o'] }],
  }
  const nodes = [
    {
      op: 'If',
      inputs: ['c'],
      outputs: ['x2'],
      attributes: { then_branch: { graph: body }, else_branch: { graph: body } },
    },
    { op: 'Gemm', inputs: ['x', 'w', 'b'], outputs: ['y'] },
  ]
  const condition = { name: 'c', dtype: 'bool', shape: [], data: Uint8Array.of(1) } as const
  const { graph } = quantizeStatic(
    aModel(nodes, [weight, tensor('b', [2], 1, 2), condition]),
    ranged('x', 'y'),
    plain,
  ).model
  const names = graph.nodes.flatMap(({ outputs }) => outputs)
  expect(names.indexOf('b')).toBeGreaterThanOrEqual(0)
  expect(names.indexOf('b')).toBeLessThan(names.indexOf('x2'))
  expect(graph.initializers!.map(({ name }) => name)).toContain('w')
  expect(graph.initializers!.map(({ name }) => name)).not.toContain('b')
})

test('a value that is always 0 has the scale 1', async () => {
  const ranges = new Map([...ranged('x'), ['y', { least: 0, greatest: 0 }] as const])
  const { initializers } = await described(quantizeStatic(aModel([product]), ranges, plain).model)
  const { graph } = quantizeStatic(aModel([product]), ranges, plain).model
  expect(initializers['y_zero_point']).toMatchObject({ dtype: 'uint8', shape: [] })
  const scale = graph.initializers!.find(({ name }) => name === 'y_scale')!
  expect(new Float32Array((await bytesOf(scale)).buffer)).toEqual(Float32Array.of(1))
})

test.each([
  [9, 'u8 s8', 11],
  [12, 'u8 s8', 12],
  [12, 'u8 s8 per channel', 13],
  [17, 'u8 s8 per channel', 17],
])('opset %i, %s: becomes %i', (opset, way, becomes) => {
  const { opsets } = quantizeStatic(aModel([product], [weight], opset), ranged('x', 'y'), options(way)).model
  expect(opsets).toEqual([{ domain: '', version: becomes }])
})
