import { expect, test } from 'vitest'
import { floats } from '../../../../test/fixtures/onnx-run.ts'
import { simplify } from './simplify.ts'
import { aModel, compared, constant, node, type Small } from './testing.ts'
import { bn, ints, numbers, random, relu, statistics } from './testing-parts.ts'

interface Case extends Small {
  readonly left: readonly string[]
  /** Sizes of x where it runs; default: its shape. */
  readonly sizes?: readonly number[]
}

const CASES: Readonly<Record<string, Case>> = {
  'nothing that can be less': { nodes: [relu('x', 'y')], shape: [2, 3], left: ['Relu'] },
  'Identity, also before an output': {
    nodes: [node('Identity', ['x'], 'a'), relu('a', 'b'), node('Identity', ['b'], 'y')],
    shape: [2, 3],
    left: ['Relu'],
  },
  'an input that is given as it is': {
    nodes: [node('Identity', ['x'], 'y')],
    shape: [2],
    left: ['Identity'],
  },
  'Dropout at inference': {
    nodes: [node('Dropout', ['x'], ['a', 'mask']), relu('a', 'y')],
    shape: [4],
    left: ['Relu'],
  },
  'a Cast to the same type': {
    nodes: [node('Cast', ['x'], 'a', { to: { int: 1 } }), relu('a', 'y')],
    shape: [4],
    left: ['Relu'],
  },
  'a Cast through a wider type': {
    nodes: [
      node('Cast', ['x'], 'a', { to: { int: 11 } }),
      node('Cast', ['a'], 'b', { to: { int: 1 } }),
      relu('b', 'y'),
    ],
    shape: [4],
    left: ['Relu'],
  },
  'a Cast through a narrower type stays': {
    nodes: [node('Cast', ['x'], 'a', { to: { int: 6 } }), node('Cast', ['a'], 'y', { to: { int: 1 } })],
    shape: [4],
    left: ['Cast', 'Cast'],
  },
  'two Transposes that undo each other': {
    nodes: [
      node('Transpose', ['x'], 'a', { perm: { ints: [1, 2, 0] } }),
      node('Transpose', ['a'], 'b', { perm: { ints: [2, 0, 1] } }),
      relu('b', 'y'),
    ],
    shape: [2, 3, 4],
    left: ['Relu'],
  },
  'two Transposes in a row': {
    nodes: [
      node('Transpose', ['x'], 'a', { perm: { ints: [1, 2, 0] } }),
      node('Transpose', ['a'], 'y', { perm: { ints: [1, 0, 2] } }),
    ],
    shape: [2, 3, 4],
    left: ['Transpose'],
  },
  'reshapes in a row, and one of no effect': {
    nodes: [
      node('Reshape', ['x', 'flat'], 'a'),
      node('Unsqueeze', ['a', 'axis'], 'b'),
      node('Reshape', ['b', 'to'], 'c'),
      node('Reshape', ['c', 'to'], 'y'),
    ],
    constants: [ints('flat', [-1]), ints('axis', [0]), ints('to', [3, 4])],
    shape: [2, 6],
    left: ['Reshape'],
  },
  'sizes that the graph computes': {
    nodes: [
      node('Shape', ['x'], 'shape'),
      node('Gather', ['shape', 'zero'], 'n'),
      node('Unsqueeze', ['n', 'axis'], 'n1'),
      node('Concat', ['n1', 'rest'], 'to', { axis: { int: 0 } }),
      node('Reshape', ['x', 'to'], 'a'),
      relu('a', 'y'),
    ],
    constants: [constant('zero', [], [0], 'int64'), ints('axis', [0]), ints('rest', [12])],
    shape: ['N', 3, 4],
    sizes: [5, 3, 4],
    left: ['Reshape', 'Relu'],
  },
  'Slice of all, Pad of nothing, Tile by 1, Expand to the same, Concat of one': {
    nodes: [
      node('Slice', ['x', 'from', 'end'], 'a'),
      node('Pad', ['a', 'pads'], 'b'),
      node('Tile', ['b', 'ones'], 'c'),
      node('Expand', ['c', 'ones'], 'd'),
      node('Concat', ['d'], 'e', { axis: { int: 0 } }),
      relu('e', 'y'),
    ],
    constants: [
      ints('from', [0]),
      { ...ints('end', [0]), data: new Uint8Array(BigInt64Array.of(2n ** 63n - 1n).buffer) },
      ints('pads', [0, 0, 0, 0]),
      ints('ones', [1, 1]),
    ],
    shape: ['N', 3],
    sizes: [4, 3],
    left: ['Relu'],
  },
  'a Slice backwards stays': {
    nodes: [node('Slice', ['x', 'from', 'to', 'axes', 'steps'], 'y')],
    constants: [ints('from', [-1]), ints('to', [-100]), ints('axes', [0]), ints('steps', [-1])],
    shape: [4],
    left: ['Slice'],
  },
  '0 added, 1 multiplied': {
    nodes: [node('Add', ['x', 'zero'], 'a'), node('Mul', ['one', 'a'], 'b'), relu('b', 'y')],
    constants: [constant('zero', [], [0]), constant('one', [1, 3], [1, 1, 1])],
    shape: [2, 3],
    left: ['Relu'],
  },
  '0 that makes it larger stays': {
    nodes: [node('Add', ['x', 'zeros'], 'y')],
    constants: [constant('zeros', [4, 3], new Array<number>(12).fill(0))],
    shape: [1, 3],
    left: ['Add'],
  },
  'the same computed twice': {
    nodes: [
      relu('x', 'a'),
      relu('x', 'b'),
      node('Sigmoid', ['a'], 'c'),
      node('Sigmoid', ['b'], 'd'),
      node('Sub', ['c', 'd'], 'y'),
    ],
    shape: [3],
    left: ['Relu', 'Sigmoid', 'Sub'],
  },
  'the same computed from equal constants': {
    nodes: [node('Add', ['x', 'c'], 'a'), node('Add', ['x', 'd'], 'b'), node('Mul', ['a', 'b'], 'y')],
    constants: [random('c', [3]), random('d', [3])],
    shape: [3],
    left: ['Add', 'Mul'],
  },
  'what nothing takes': {
    nodes: [relu('x', 'y'), node('Sigmoid', ['x'], 'a'), node('Tanh', ['a'], 'b')],
    shape: [3],
    left: ['Relu'],
  },
  'constants of constants': {
    nodes: [node('Transpose', ['w'], 'a'), node('Sin', ['a'], 'b'), node('MatMul', ['x', 'b'], 'y')],
    constants: [random('w', [5, 3])],
    shape: [2, 3],
    left: ['MatMul'],
  },
  'batch normalisation behind Conv': {
    nodes: [node('Conv', ['x', 'w', 'b'], 'a'), bn('a', 'y')],
    constants: [random('w', [6, 2, 3, 3]), random('b', [6]), ...statistics(6)],
    shape: [1, 2, 5, 5],
    left: ['Conv'],
  },
  'scale and offset behind Conv': {
    nodes: [
      node('Conv', ['x', 'w'], 'a'),
      node('Mul', ['a', 'c'], 'b'),
      node('Add', ['k', 'b'], 'd'),
      node('Sub', ['d', 'k'], 'e'),
      node('Div', ['e', 'two'], 'y'),
    ],
    constants: [
      random('w', [4, 2, 3, 3]),
      random('c', [1, 4, 1, 1]),
      random('k', [4, 1, 1]),
      constant('two', [], [2]),
    ],
    shape: [1, 2, 5, 5],
    left: ['Conv'],
  },
  'a constant along another axis than the channels stays': {
    nodes: [node('Conv', ['x', 'w'], 'a'), node('Mul', ['a', 'c'], 'y')],
    constants: [random('w', [3, 2, 3, 3]), random('c', [3])],
    shape: [1, 2, 5, 5],
    left: ['Conv', 'Mul'],
  },
  'batch normalisation behind ConvTranspose in groups': {
    nodes: [node('ConvTranspose', ['x', 'w'], 'a', { group: { int: 2 } }), bn('a', 'y')],
    constants: [random('w', [4, 3, 2, 2]), ...statistics(6)],
    shape: [1, 4, 3, 3],
    left: ['ConvTranspose'],
  },
  'batch normalisation behind Gemm, turned': {
    nodes: [node('Gemm', ['x', 'w', 'b'], 'a', { transB: { int: 1 }, alpha: { float: 0.5 } }), bn('a', 'y')],
    constants: [random('w', [4, 3]), random('b', [1, 4]), ...statistics(4)],
    shape: [2, 3],
    left: ['Gemm'],
  },
  'batch normalisation behind MatMul': {
    nodes: [node('MatMul', ['x', 'w'], 'a'), bn('a', 'y')],
    constants: [random('w', [3, 4]), ...statistics(4)],
    shape: [2, 3],
    left: ['Gemm'],
  },
  'batch normalisation of what another takes, too, stays': {
    nodes: [node('Conv', ['x', 'w'], 'a'), bn('a', 'b'), node('Add', ['a', 'b'], 'y')],
    constants: [random('w', [4, 2, 1, 1]), ...statistics(4)],
    shape: [1, 2, 3, 3],
    left: ['Conv', 'BatchNormalization', 'Add'],
  },
  'Pad before Conv': {
    nodes: [node('Pad', ['x', 'pads'], 'a'), node('Conv', ['a', 'w'], 'y', { pads: { ints: [0, 1, 0, 0] } })],
    constants: [ints('pads', [0, 0, 1, 0, 0, 0, 2, 1]), random('w', [4, 2, 3, 3])],
    shape: [1, 2, 4, 4],
    left: ['Conv'],
  },
  'a sum behind MatMul': {
    nodes: [node('MatMul', ['x', 'w'], 'a'), node('Add', ['b', 'a'], 'y')],
    constants: [random('w', [3, 4]), random('b', [4])],
    shape: ['N', 3],
    sizes: [2, 3],
    left: ['Gemm'],
  },
  'a sum behind MatMul of three axes stays': {
    nodes: [node('MatMul', ['x', 'w'], 'a'), node('Add', ['a', 'b'], 'y')],
    constants: [random('w', [3, 4]), random('b', [4])],
    shape: [2, 2, 3],
    left: ['MatMul', 'Add'],
  },
  'Gemm of what is turned before': {
    nodes: [node('Transpose', ['x'], 'a'), node('Gemm', ['a', 'w'], 'y')],
    constants: [random('w', [3, 4])],
    shape: [3, 2],
    left: ['Gemm'],
  },
  'Relu before Clip': {
    nodes: [relu('x', 'a'), node('Clip', ['a', 'zero', 'six'], 'y')],
    constants: [constant('zero', [], [0]), constant('six', [], [0.5])],
    shape: [5],
    left: ['Clip'],
  },
  'Slice and Clip of old opsets': {
    nodes: [
      node('Clip', ['x'], 'a', { min: { float: -1 }, max: { float: 1 } }),
      node('Shape', ['a'], 'shape'),
      node('Slice', ['shape'], 'n', { starts: { ints: [0] }, ends: { ints: [1] } }),
      node('Concat', ['n', 'rest'], 'to', { axis: { int: 0 } }),
      node('Reshape', ['a', 'to'], 'y'),
    ],
    constants: [ints('rest', [6])],
    shape: ['N', 2, 3],
    sizes: [4, 2, 3],
    opset: 9,
    left: ['Clip', 'Reshape'],
  },
}

test.each(Object.entries(CASES))('%s', async (_, { left, sizes, ...small }) => {
  const shape = sizes ?? (small.shape as readonly number[])
  const x = floats(shape, numbers(shape.reduce((a, b) => a * b, 1)))
  const { ops, error } = await compared(aModel(small), { x })
  expect(ops).toEqual(left)
  expect(error).toBeLessThan(1e-5)
})

test('what is drawn at random is drawn where it was', async () => {
  const model = aModel({
    nodes: [
      node('RandomNormal', [], 'a', { shape: { ints: [3] } }),
      node('RandomNormal', [], 'b', { shape: { ints: [3] } }),
      node('Sub', ['a', 'b'], 'c'),
      node('Add', ['x', 'c'], 'y'),
    ],
    shape: [3],
  })
  const { ops } = await compared(model, { x: floats([3], [0, 0, 0]) })
  expect(ops).toEqual(['RandomNormal', 'RandomNormal', 'Sub', 'Add'])
})

test('says how many nodes each pass took, and gives the same model again', async () => {
  const { shape, nodes, constants } = CASES['batch normalisation behind Conv']!
  const model = aModel({ shape, nodes, constants: constants! })
  const first = await simplify(model)
  expect(first.nodes).toEqual({ before: 2, after: 1 })
  expect(first.passes).toEqual([{ name: 'channels', removed: 1 }])
  const second = await simplify(model)
  expect(JSON.stringify(second.model)).toBe(JSON.stringify(first.model))
})

test('free sizes that have one name in one input are not taken to be equal', async () => {
  const model = aModel({
    nodes: [
      node('Transpose', ['x'], 'a'),
      node('Shape', ['x'], 'shape'),
      node('Reshape', ['a', 'shape'], 'b'),
      relu('b', 'y'),
    ],
    shape: ['dynamic', 'dynamic'],
  })
  const { error } = await compared(model, { x: floats([2, 3], numbers(6)) })
  expect(error).toBe(0)
})
