import { expect, test } from 'vitest'
import { floats, runOnnx } from '../../../test/fixtures/onnx-run.ts'
import { GraphBuilder } from './builder.ts'

const TAKES_TWO = { dtype: 'float32', shape: ['N', 2] } as const

function aDense(): { readonly g: GraphBuilder; readonly model: () => ReturnType<GraphBuilder['build']> } {
  const g = new GraphBuilder()
  return { g, model: () => g.build({ name: 'test' }) }
}

test('a graph runs, and its nodes say whose work they do', async () => {
  const { g, model } = aDense()
  const x = g.input('x', TAKES_TWO)
  const b = g.at({ name: 'dense', kind: 'Dense' })
  const w = b.weight({
    dtype: 'float32',
    shape: [2, 2],
    data: new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer),
  })
  const y = b.op('Add', [
    b.op('MatMul', [x, w], { types: [TAKES_TWO] }),
    b.constant('float32', [2], [10, 20]),
  ])
  expect(y).toMatchObject({ dtype: 'float32', shape: ['N', 2] })
  g.output('y', y)
  const { model: made, mapping } = model()
  const { y: result } = await runOnnx(made, { x: floats([1, 2], [1, 1]) })
  expect(Array.from(result!.data as Float32Array)).toEqual([14, 26])
  expect(mapping[0]).toEqual({ name: 'dense', kind: 'Dense', nodes: ['dense/MatMul', 'dense/Add'] })
  expect(made.graph.nodes[0]!.metadata).toEqual([{ key: 'ballast.source', value: 'dense (Dense)' }])
})

test('names are given once, equal constants and weights are kept once', () => {
  const { g } = aDense()
  const b = g.at({ name: 'a', kind: 'Add' })
  const x = g.input('x', TAKES_TWO)
  expect([b.op('Relu', [x]).name, b.op('Relu', [x]).name]).toEqual(['a/Relu', 'a/Relu_1'])
  expect(b.ints([1, 2]).name).toBe(b.ints([1, 2]).name)
  expect(b.scalar('float32', -0).name).not.toBe(b.scalar('float32', 0).name)
  const data = new Uint8Array(8)
  const weight = { dtype: 'float32', shape: [2], data } as const
  expect(b.weight(weight).name).toBe(b.weight(weight, 'other').name)
})

test('a body sees what is around it, and is run by If', async () => {
  const { g, model } = aDense()
  const x = g.input('x', TAKES_TWO)
  const condition = g.input('condition', { dtype: 'bool', shape: [] })
  const b = g.at({ name: 'cond', kind: 'If' })
  const [yes, no] = await Promise.all([
    b.body('then', [], async inner => [inner.op('Neg', [x])]),
    b.body('else', [], async () => [x]),
  ])
  const y = b.op('If', [condition], {
    attributes: { then_branch: { graph: yes! }, else_branch: { graph: no! } },
    types: [TAKES_TWO],
  })
  g.output('y', y)
  const made = model().model
  for (const [given, expected] of [[1, -3] as const, [0, 3] as const]) {
    const feeds = {
      x: floats([1, 2], [3, 3]),
      condition: { dtype: 'bool' as const, shape: [], data: Uint8Array.of(given) },
    }
    expect((await runOnnx(made, feeds))['y']!.data[0]).toBe(expected)
  }
})

test('inputs that are missing at the end are not listed: a convolution without bias is one to the runtime', () => {
  const { g, model } = aDense()
  const x = g.input('x', { dtype: 'float32', shape: ['N', 1, 4] })
  const b = g.at({ name: 'conv', kind: 'Conv1D' })
  const w = b.weight({ dtype: 'float32', shape: [1, 1, 2], data: new Uint8Array(8) })
  g.output('y', b.op('Conv', [x, w, undefined]))
  expect(model().model.graph.nodes[0]!.inputs).toHaveLength(2)
})

test('what the source leaves open is inferred, what it knows better stays', () => {
  const { g } = aDense()
  const b = g.at({ name: 'a', kind: 'Layer' })
  const x = g.input('x', TAKES_TWO)
  const told = (shape: readonly (number | string | null)[]) =>
    b.op('Relu', [x], { types: [{ dtype: 'float32', shape }] }).shape
  expect(told([null, null])).toEqual(['N', 2])
  expect(told(['M', 2])).toEqual(['M', 2])
  expect(b.op('Custom', [x], { domain: 'com.microsoft', types: [TAKES_TWO] }).shape).toEqual(['N', 2])
  expect(() => b.op('Custom', [x])).toThrow('Custom of a: 1 outputs, and no types')
})

test('shapes that do not fit name the layer', () => {
  const { g } = aDense()
  const b = g.at({ name: 'dense_1', kind: 'Dense' })
  const x = g.input('x', TAKES_TWO)
  expect(() => b.op('MatMul', [x, b.constant('float32', [3, 1], [1, 2, 3])])).toThrow(
    "dense_1 (Dense): MatMul: the shapes [N, 2] and [3, 1] don't fit each other",
  )
  expect(() => b.constant('int8', [1], [300])).toThrow('dense_1 (Dense): 300 has no place in int8')
})

test('shape arithmetic keeps free axes, and makes no nodes where all is known', () => {
  const { g, model } = aDense()
  const b = g.at({ name: 'flat', kind: 'Flatten' })
  const x = g.input('x', { dtype: 'float32', shape: ['N', 4, 6] })
  const sizes = b.op('Shape', [x])
  expect(sizes.known).toEqual(['N', 4, 6])
  const rest = b.op('ReduceProd', [b.op('Slice', [sizes, b.ints([1]), b.ints([3])])])
  expect(rest).toMatchObject({ known: [24], tensor: { dtype: 'int64' } })
  const first = b.op('Slice', [sizes, b.ints([0]), b.ints([1])])
  const target = b.op('Concat', [first, rest], { attributes: { axis: { int: 0 } } })
  expect(target.known).toEqual(['N', 24])
  const y = b.op('Reshape', [x, target])
  expect(y.shape).toEqual(['N', 24])
  g.output('y', y)
  expect(model().model.graph.nodes.map(({ op }) => op)).toEqual(['Shape', 'Concat', 'Reshape'])
})
