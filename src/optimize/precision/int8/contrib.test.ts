import { describe, expect, test } from 'vitest'
import type { OnnxModel, OnnxNode, OnnxTensor } from '../../../formats/index.ts'
import { quantizeDynamic } from './dynamic.ts'

const MICROSOFT = 'com.microsoft'
const OPTIONS = { weights: { dtype: 'int8', reduced: false }, perChannel: true } as const

const tensor = (name: string, ...shape: number[]): OnnxTensor => ({
  name,
  dtype: 'float32',
  shape,
  data: new Uint8Array(4 * shape.reduce((product, size) => product * size, 1)),
})

/** The node, and a product that always changes. */
function aModel(node: OnnxNode, initializers: readonly OnnxTensor[]): OnnxModel {
  const value = (name: string) => ({ name, dtype: 'float32', shape: [null, 2] }) as const
  const product = { op: 'MatMul', name: 'product', inputs: ['x', 'p'], outputs: ['y'] }
  return {
    opsets: [
      { domain: '', version: 17 },
      { domain: MICROSOFT, version: 1 },
    ],
    graph: {
      name: 'g',
      nodes: [node, product],
      inputs: [value('x')],
      outputs: [value('y')],
      initializers: [...initializers, tensor('p', 2, 2)],
    },
  }
}

describe('kept with a reason', () => {
  const lstm: OnnxNode = { op: 'LSTM', name: 'n', inputs: ['x', 'w', 'r'], outputs: ['h'] }
  const w = tensor('w', 1, 8, 2)
  const r = tensor('r', 1, 8, 2)
  const attention: OnnxNode = {
    op: 'Attention',
    domain: MICROSOFT,
    name: 'n',
    inputs: ['x', 'w', 'b'],
    outputs: ['h'],
    attributes: { num_heads: { int: 1 } },
  }
  const qkv = tensor('w', 2, 6)
  const embed: OnnxNode = {
    op: 'EmbedLayerNormalization',
    domain: MICROSOFT,
    name: 'n',
    inputs: ['ids', '', 'w', 'places', '', 'gamma', 'beta'],
    outputs: ['h', 'm'],
  }
  const tables = [tensor('w', 4, 2), tensor('places', 4, 2), tensor('gamma', 2), tensor('beta', 2)]

  test.each([
    ['its recurrent weight is no float32 constant', { ...lstm, inputs: ['x', 'w', 'x'] }, [w]],
    ['its recurrent weight has no numbers', lstm, [w, tensor('r', 1, 8, 0)]],
    ['its weights have not three axes', lstm, [tensor('w', 8, 2), r]],
    ['its batch comes first', { ...lstm, attributes: { layout: { int: 1 } } }, [w, r]],
    ['it has no bias', { ...attention, inputs: ['x', 'w'] }, [qkv]],
    ['its weight has 3 axes', attention, [tensor('w', 2, 3, 2)]],
    [
      'it has inputs that its integer form has not',
      { ...attention, inputs: ['x', 'w', 'b', '', '', 'added'] },
      [qkv],
    ],
    [
      'its integer form has no scale',
      { ...attention, attributes: { scale: { float: 0.5 } } },
      [qkv, tensor('b', 6)],
    ],
    ['it gives the sum of its tables too', { ...embed, outputs: ['h', 'm', 'sum'] }, tables],
    ['its tables are no float32 constants', embed, tables.slice(0, 3)],
    [
      'it has inputs that its integer form has not',
      { ...embed, inputs: [...embed.inputs, '', 'position_ids'] },
      tables,
    ],
    [
      'its integer form has no mask_index_type',
      { ...embed, attributes: { mask_index_type: { int: 1 } } },
      tables,
    ],
  ] as const)('%s', (why, node, initializers) => {
    const { model, changed, kept } = quantizeDynamic(aModel(node, initializers), OPTIONS)
    expect(kept).toEqual([{ node: 'n', op: node.op, why }])
    expect(changed).toEqual(['product'])
    expect(model.graph.nodes).toContainEqual(node)
  })

  test('an Attention of another domain is another operator', () => {
    const { kept, changed } = quantizeDynamic(aModel({ ...attention, domain: '' }, [qkv]), OPTIONS)
    expect([kept, changed]).toEqual([[], ['product']])
  })
})

test('two LSTMs with the same weights share them, and a product takes its own', () => {
  const made = aModel({ op: 'LSTM', name: 'a', inputs: ['x', 'w', 'r'], outputs: ['', 'h'] }, [
    tensor('w', 1, 8, 2),
    tensor('r', 1, 8, 2),
  ])
  const more = [
    { op: 'LSTM', name: 'b', inputs: ['x', 'w', 'r'], outputs: ['', 'h2'] },
    { op: 'MatMul', name: 'c', inputs: ['x', 'w'], outputs: ['z'] },
  ]
  const model = {
    opsets: [{ domain: '', version: 17 }],
    graph: { ...made.graph, nodes: [...made.graph.nodes, ...more] },
  }
  const { graph, opsets } = quantizeDynamic(model, OPTIONS).model
  const weights = (name: string) => graph.nodes.find(node => node.name === name)!.inputs.slice(1, 3)
  expect(weights('a_quant')).toEqual(['w_quantized', 'r_quantized'])
  expect(weights('b_quant')).toEqual(weights('a_quant'))
  expect(weights('c_quant')[0]).toBe('w_quantized_1')
  expect(graph.initializers!.map(({ name, shape }) => [name, shape])).toEqual(
    expect.arrayContaining([
      ['w_quantized', [1, 2, 8]],
      ['w_quantized_1', [1, 8, 2]],
    ]),
  )
  expect(opsets).toContainEqual({ domain: MICROSOFT, version: 1 })
})

test.each(['DynamicQuantizeLSTM', 'QAttention', 'QEmbedLayerNormalization', 'MatMulInteger', 'QLinearConv'])(
  'a model with a %s is quantized already',
  op => {
    const run = () => quantizeDynamic(aModel({ op, name: 'n', inputs: ['x'], outputs: ['h'] }, []), OPTIONS)
    expect(run).toThrow(
      expect.objectContaining({
        code: 'OPTIMIZE_UNSUPPORTED',
        message: `The model is quantized already: 'n' is a ${op}`,
      }),
    )
  },
)
