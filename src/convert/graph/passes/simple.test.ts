import { expect, test } from 'vitest'
import { floats, runOnnx } from '../../../../test/fixtures/onnx-run.ts'
import type { OnnxModel } from '../../../formats/index.ts'
import { GraphBuilder } from '../builder.ts'
import type { Emitter, Value, ValueType } from '../types.ts'

const ROWS: ValueType = { dtype: 'float32', shape: ['N', 4] }

/** A graph of one input, and what makes its outputs. */
function made(make: (b: Emitter, x: Value, graph: GraphBuilder) => readonly Value[], type: ValueType = ROWS) {
  const graph = new GraphBuilder()
  const x = graph.input('x', type)
  for (const [i, y] of make(graph.at({ name: 'layer', kind: 'Layer' }), x, graph).entries())
    graph.output(`y${i}`, y)
  return graph.build({ name: 'simple' })
}

const ops = ({ graph }: OnnxModel) => graph.nodes.map(({ op }) => op)

const perm = (...order: number[]) => ({ attributes: { perm: { ints: order } } })

test.each<readonly [string, (b: Emitter, x: Value) => readonly Value[], readonly string[]]>([
  ['copies', (b, x) => [b.op('Identity', [b.op('Relu', [b.op('Identity', [x])])])], ['Relu']],
  ['the input as output', (_, x) => [x, x], ['Identity', 'Identity']],
  [
    'one value as two outputs',
    (b, x) => {
      const y = b.op('Relu', [x])
      return [y, y]
    },
    ['Relu', 'Identity'],
  ],
  [
    'casts to the same type',
    (b, x) => [b.op('Neg', [b.op('Cast', [x], { attributes: { to: { int: 1 } } })])],
    ['Neg'],
  ],
  ['a reshape to the same shape', (b, x) => [b.op('Neg', [b.op('Reshape', [x, b.ints([-1, 4])])])], ['Neg']],
  [
    'slices of everything, pads of nothing',
    (b, x) => [
      b.op('Neg', [
        b.op('Pad', [b.op('Slice', [x, b.ints([0]), b.ints([99]), b.ints([1])]), b.ints([0, 0, 0, 0])]),
      ]),
    ],
    ['Neg'],
  ],
  [
    'a slice backwards',
    (b, x) => [b.op('Slice', [x, b.ints([-1]), b.ints([-99]), b.ints([1]), b.ints([-1])])],
    ['Slice'],
  ],
  ['dropout', (b, x) => [b.op('Neg', [b.op('Dropout', [x])])], ['Neg']],
  ['dropout as an output', (b, x) => [b.op('Dropout', [b.op('Neg', [x])])], ['Neg']],
  [
    'what nobody uses',
    (b, x) => {
      b.op('Exp', [b.op('Relu', [x])])
      return [b.op('Neg', [x])]
    },
    ['Neg'],
  ],
  [
    'what is told twice',
    (b, x) => [b.op('Add', [b.op('Exp', [b.op('Relu', [x])]), b.op('Exp', [b.op('Relu', [x])])])],
    ['Relu', 'Exp', 'Add'],
  ],
  [
    'random numbers, twice',
    (b, x) => [b.op('Add', [b.op('RandomNormalLike', [x]), b.op('RandomNormalLike', [x])])],
    ['RandomNormalLike', 'RandomNormalLike', 'Add'],
  ],
  [
    'other attributes',
    (b, x) => [
      b.op('Add', [b.op('Softmax', [x]), b.op('Softmax', [x], { attributes: { axis: { int: 0 } } })]),
    ],
    ['Softmax', 'Softmax', 'Add'],
  ],
  [
    'reshapes in a row',
    (b, x) => [b.op('Flatten', [b.op('Unsqueeze', [b.op('Reshape', [x, b.ints([-1, 2, 2])]), b.ints([1])])])],
    [],
  ],
  [
    'transposes in a row',
    (b, x) => {
      const y = b.op('Reshape', [x, b.ints([-1, 2, 2])])
      return [b.op('Transpose', [b.op('Transpose', [y], perm(1, 2, 0))], perm(1, 0, 2))]
    },
    ['Reshape', 'Transpose'],
  ],
])('%s', async (_, make, left) => {
  const { model } = made(make)
  expect(ops(model).filter(op => left.length > 0 || op !== 'Identity')).toEqual(left)
  const results = await runOnnx(model, { x: floats([2, 4], [1, -2, 3, 4, 5, 6, 7, 8]) })
  expect(Object.keys(results)).toEqual(model.graph.outputs.map(({ name }) => name))
})

test('a moved weight is another weight, of which elements are read later', async () => {
  let reads = 0
  const data = async function* () {
    reads++
    yield new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8).buffer)
  }
  const { model } = made((b, x) => {
    const w = b.weight({ dtype: 'float32', shape: [1, 2, 4], data })
    const rows = b.op('Transpose', [b.op('Squeeze', [w, b.ints([0])])])
    return [b.op('MatMul', [x, rows])]
  })
  expect(ops(model)).toEqual(['MatMul'])
  expect(model.graph.initializers).toHaveLength(1)
  expect(reads).toBe(0)
  const { y0 } = await runOnnx(model, { x: floats([1, 4], [1, 1, 1, 1]) })
  expect(Array.from(y0!.data as Float32Array)).toEqual([10, 26])
})

test('arithmetic of weights is done when they are written', async () => {
  const { model } = made((b, x) => {
    const weight = (...elements: number[]) =>
      b.weight({
        dtype: 'float32',
        shape: [4],
        data: async function* () {
          yield new Uint8Array(Float32Array.from(elements).buffer)
        },
      })
    const deviation = b.op('Sqrt', [b.op('Add', [weight(3, 8, 15, 24), b.scalar('float32', 1)])])
    return [b.op('Mul', [x, b.op('Div', [weight(2, 6, 12, 20), deviation])])]
  })
  expect(ops(model)).toEqual(['Mul'])
  const { y0 } = await runOnnx(model, { x: floats([1, 4], [1, 1, 1, 1]) })
  expect(Array.from(y0!.data as Float32Array)).toEqual([1, 2, 3, 4])
})

test('arithmetic that would be done again and again is left to the runtime', () => {
  const { model } = made((b, x) => {
    let w: Value = b.weight({ dtype: 'float32', shape: [4], data: async function* () {} })
    for (let i = 0; i < 40; i++) w = b.op('Add', [w, w])
    return [b.op('Mul', [x, w])]
  })
  expect(ops(model).length).toBeGreaterThan(30)
})

test('a source keeps its name where nothing is left of it', () => {
  const { mapping, model } = made((b, x) => {
    const y = b.at({ name: 'drop', kind: 'Dropout' }).op('Dropout', [x])
    return [b.at({ name: 'act', kind: 'Activation' }).op('Relu', [y])]
  })
  expect(mapping).toEqual([
    { name: 'drop', kind: 'Dropout', nodes: [] },
    { name: 'act', kind: 'Activation', nodes: ['act/Relu'] },
  ])
  expect(model.graph.nodes[0]).toMatchObject({ name: 'act/Relu', inputs: ['x'], outputs: ['y0'] })
})

test('bodies are looked at, too, and what they see stays', async () => {
  const graph = new GraphBuilder()
  const x = graph.input('x', ROWS)
  const condition = graph.input('condition', { dtype: 'bool', shape: [] })
  const b = graph.at({ name: 'cond', kind: 'If' })
  const seen = b.op('Identity', [b.op('Relu', [x])])
  const turned = b.op('Transpose', [x])
  const yes = await b.body('then', [], async inner => [
    inner.op('Identity', [inner.op('Transpose', [inner.op('Neg', [inner.op('Transpose', [seen])])])]),
  ])
  const no = await b.body('else', [], async inner => [inner.op('Neg', [inner.op('Transpose', [turned])])])
  const y = b.op('If', [condition], {
    attributes: { then_branch: { graph: yes }, else_branch: { graph: no } },
  })
  graph.output('y', y)
  graph.output('z', b.op('Transpose', [turned]))
  const { model, mapping } = graph.build({ name: 'bodies' })
  const branch = model.graph.nodes.find(({ op }) => op === 'If')!.attributes!['then_branch'] as {
    graph: typeof yes
  }
  expect(branch.graph.nodes.map(({ op }) => op)).toEqual(['Neg'])
  const named = mapping.flatMap(({ nodes }) => nodes)
  expect(named).toContain(branch.graph.nodes[0]!.name)
  expect(new Set(named).size).toBe(named.length)
  for (const [given, expected] of [
    [1, [-0, -3, -1, -0]],
    [0, [-2, 3, 1, 0].map(x => -x)],
  ] as const) {
    const feeds = {
      x: floats([1, 4], [-2, 3, 1, 0]),
      condition: { dtype: 'bool' as const, shape: [], data: Uint8Array.of(given) },
    }
    const results = await runOnnx(model, feeds)
    expect(Array.from(results['y']!.data as Float32Array)).toEqual(expected)
    expect(results['z']!.shape).toEqual([1, 4])
  }
})
