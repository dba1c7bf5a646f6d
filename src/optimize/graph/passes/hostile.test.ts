import { expect, test } from 'vitest'
import { floats } from '../../../../test/fixtures/onnx-run.ts'
import type { OnnxGraph, OnnxNode } from '../../../formats/index.ts'
import type { Computer } from './computer.ts'
import { simplify } from './simplify.ts'
import { aModel, compared, constant, node } from './testing.ts'

const refused = (message: string) =>
  expect.objectContaining({ code: 'OPTIMIZE_UNSUPPORTED', message: expect.stringContaining(message) })

test.each<[what: string, nodes: readonly OnnxNode[], message: string]>([
  [
    'a circle',
    [node('Add', ['x', 'b'], 'a'), node('Relu', ['a'], 'b'), node('Relu', ['b'], 'y')],
    'its own output',
  ],
  ['a node of itself', [node('Add', ['x', 'y'], 'y')], 'its own output'],
  ['a value that nothing makes', [node('Add', ['x', 'nowhere'], 'y')], "Nothing makes 'nowhere'"],
  ['an output that nothing makes', [node('Relu', ['x'], 'a')], "Nothing makes 'y'"],
  ['a value that is made twice', [node('Relu', ['x'], 'y'), node('Abs', ['x'], 'y')], "'y' is made twice"],
])('%s is refused', async (_, nodes, message) => {
  await expect(simplify(aModel({ nodes, shape: [2] }))).rejects.toThrow(refused(message))
})

test('old opsets are refused', async () => {
  await expect(simplify(aModel({ nodes: [node('Relu', ['x'], 'y')], shape: [2], opset: 6 }))).rejects.toThrow(
    refused('opset 6'),
  )
})

test('nodes that are not in order are put in order', async () => {
  const nodes = [node('Relu', ['a'], 'y'), node('Abs', ['x'], 'a')]
  const { model } = await simplify(aModel({ nodes, shape: [2] }))
  expect(model.graph.nodes.map(({ op }) => op)).toEqual(['Abs', 'Relu'])
})

/** Says which graphs it was asked to compute, and computes none. */
function asked(): Computer & { readonly ops: string[][] } {
  const ops: string[][] = []
  return {
    ops,
    async compute({ graph }) {
      ops.push(graph.nodes.map(({ op }) => op))
      return undefined
    },
  }
}

test('a result that is much larger than what it replaces is not computed', async () => {
  const computer = asked()
  const nodes = [
    node('Expand', ['one', 'huge'], 'a'),
    node('ReduceSum', ['a'], 'b', { keepdims: { int: 0 } }),
    node('ConstantOfShape', ['large'], 'c'),
    node('Add', ['b', 'c'], 'd'),
    node('Add', ['x', 'd'], 'y'),
  ]
  const constants = [
    constant('one', [1], [1]),
    constant('huge', [3], [2 ** 20, 2 ** 20, 2 ** 20], 'int64'),
    constant('large', [2], [1024, 1024], 'int64'),
  ]
  const { ops, kept } = await simplify(aModel({ nodes, constants, shape: [1] }), { computer }).then(
    ({ model, kept }) => ({ ops: model.graph.nodes.map(({ op }) => op), kept }),
  )
  expect(computer.ops).toEqual([])
  expect(ops).toEqual(['Expand', 'ReduceSum', 'ConstantOfShape', 'Add', 'Add'])
  expect(kept).toContainEqual({ node: 'c', op: 'ConstantOfShape', why: expect.stringContaining('larger') })
})

test('of constants that the runtime fails on, the others are computed, and each is tried once', async () => {
  const tried = asked()
  const nodes = [1, 2, 3].flatMap(i => [
    node('Sin', [`c${i}`], `s${i}`),
    node('Add', [i === 1 ? 'x' : `y${i - 1}`, `s${i}`], `y${i}`),
  ])
  const constants = [1, 2, 3].map(i => constant(`c${i}`, [1], [i]))
  const computer: Computer = {
    async compute(model) {
      await tried.compute(model)
      const { graph } = model
      if (graph.initializers!.some(({ name }) => name === 'c2')) return undefined
      return new Map(graph.outputs.map(({ name }) => [name, constant(name, [1], [7])]))
    },
  }
  const { model, kept } = await simplify(aModel({ nodes, constants, shape: [1], outputs: ['y3'] }), {
    computer,
  })
  expect(model.graph.nodes.map(({ op }) => op)).toEqual(['Add', 'Sin', 'Add', 'Add'])
  expect(kept).toEqual([{ node: 's2', op: 'Sin', why: 'the runtime could not compute it beforehand' }])
  expect(tried.ops.map(ops => ops.length)).toEqual([3, 2, 1, 1, 1])
})

test('a long chain of nodes needs no deep stack, and one of changes no deep weights', async () => {
  const chain = Array.from({ length: 20_000 }, (_, i) => node('Neg', [i === 0 ? 'x' : `a${i}`], `a${i + 1}`))
  const { model } = await simplify(aModel({ nodes: [...chain, node('Relu', ['a20000'], 'y')], shape: [1] }))
  expect(model.graph.nodes.length).toBe(20_001)
  const scales = Array.from({ length: 100 }, (_, i) =>
    node('Mul', [i === 0 ? 'm' : `b${i}`, 'two'], `b${i + 1}`),
  )
  const product = aModel({
    nodes: [node('MatMul', ['x', 'w'], 'm'), ...scales, node('Relu', ['b100'], 'y')],
    constants: [constant('w', [1, 1], [1e-20]), constant('two', [], [1.5])],
    shape: [1, 1],
  })
  const { ops, error } = await compared(product, { x: floats([1, 1], [1]) })
  expect(ops.filter(op => op === 'Mul').length).toBe(68)
  expect(error).toBeLessThan(1e-5)
})

test('graphs in graphs, as deep as a file may have them', async () => {
  const leaf = (name: string): OnnxGraph => ({
    name,
    nodes: [node('Identity', ['x'], 'i'), node('Relu', ['i'], 'r')],
    inputs: [],
    outputs: [{ name: 'r', dtype: 'float32' }],
  })
  let body = leaf('deep')
  for (let i = 0; i < 99; i++)
    body = {
      ...leaf(`b${i}`),
      nodes: [node('If', ['up'], 'r', { then_branch: { graph: body }, else_branch: { graph: leaf('no') } })],
    }
  const model = aModel({
    nodes: [
      node('ReduceMax', ['x'], 'm', { keepdims: { int: 0 } }),
      node('Cast', ['m'], 'up', { to: { int: 9 } }),
      node('If', ['up'], 'y', { then_branch: { graph: body }, else_branch: { graph: leaf('no') } }),
    ],
    shape: [2],
  })
  const { nodes } = await simplify(model)
  expect(nodes).toEqual({ before: 3 + 99 + 2 * 101, after: 3 + 99 + 101 })
})
