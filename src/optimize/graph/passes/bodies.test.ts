import { describe, expect, test } from 'vitest'
import { floats } from '../../../../test/fixtures/onnx-run.ts'
import type { OnnxGraph, OnnxNode, OnnxTensor } from '../../../formats/index.ts'
import { aModel, compared, constant, node } from './testing.ts'
import { random, relu } from './testing-parts.ts'

describe('bodies', () => {
  const branch = (name: string, nodes: readonly OnnxNode[], initializers: readonly OnnxTensor[] = []) => ({
    graph: {
      name,
      nodes,
      inputs: [],
      outputs: [{ name: nodes.at(-1)!.outputs[0]!, dtype: 'float32' } as const],
      initializers,
    } satisfies OnnxGraph,
  })
  const x = floats([3], [1, -2, 3])
  const choice = (condition: string) =>
    node('If', [condition], 'y', {
      // Both have a value `t` and a constant `c`, and they are others.
      then_branch: branch(
        'yes',
        [node('Add', ['a', 'c'], 't'), node('Identity', ['t'], 'u')],
        [random('c', [3])],
      ),
      else_branch: branch('no', [node('Mul', ['a', 'c'], 't')], [constant('c', [], [2])]),
    })

  test.each([
    [true, ['Relu', 'Add']],
    [false, ['Relu', 'Mul']],
  ])('of an If that is always %s, one stands in the graph', async (always, left) => {
    const model = aModel({
      nodes: [relu('x', 'a'), choice('always')],
      constants: [constant('always', [], [Number(always)], 'bool')],
      shape: [3],
    })
    const { ops, error } = await compared(model, { x })
    expect(ops).toEqual(left)
    expect(error).toBe(0)
  })

  test('are simplified where the condition is computed, and what they see stays', async () => {
    const model = aModel({
      nodes: [
        node('Identity', ['x'], 'i'),
        relu('i', 'a'),
        node('ReduceMax', ['x'], 'm', { keepdims: { int: 0 } }),
        node('Cast', ['m'], 'up', { to: { int: 9 } }),
        choice('up'),
      ],
      shape: [3],
    })
    const { ops, error, model: after } = await compared(model, { x })
    expect(ops).toEqual(['Relu', 'ReduceMax', 'Cast', 'If', 'Add', 'Mul'])
    expect(error).toBe(0)
    expect(await compared(after, { x: floats([3], [0, 0, 0]) })).toMatchObject({ error: 0 })
  })
})

test('a constant that a body gives itself is not taken from outside of it', async () => {
  const gives = (name: string): OnnxGraph => ({
    name,
    nodes: [],
    inputs: [],
    outputs: [{ name: 'c', dtype: 'float32', shape: [3] }],
    initializers: [random('c', [3])],
  })
  const model = aModel({
    nodes: [
      node('ReduceMax', ['x'], 'm', { keepdims: { int: 0 } }),
      node('Cast', ['m'], 'up', { to: { int: 9 } }),
      node('If', ['up'], 'i', { then_branch: { graph: gives('yes') }, else_branch: { graph: gives('no') } }),
      node('Add', ['x', 'k'], 'a'),
      node('Mul', ['a', 'i'], 'y'),
    ],
    constants: [random('k', [3])],
    shape: [3],
  })
  const { error } = await compared(model, { x: floats([3], [1, -2, 3]) })
  expect(error).toBe(0)
})
