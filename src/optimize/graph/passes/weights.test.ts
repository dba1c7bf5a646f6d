import { expect, test } from 'vitest'
import { floats } from '../../../../test/fixtures/onnx-run.ts'
import type { OnnxTensor } from '../../../formats/index.ts'
import { bytesOf } from '../../testing.ts'
import { simplify } from './simplify.ts'
import { aModel, compared, constant, node } from './testing.ts'
import { bn, numbers, random } from './testing-parts.ts'

test('equal weights are one', async () => {
  const weight = (name: string): OnnxTensor => {
    const tensor = random(name, [40, 40])
    return {
      ...tensor,
      async *data() {
        yield tensor.data as Uint8Array
      },
    }
  }
  const model = aModel({
    nodes: [node('MatMul', ['x', 'v'], 'a'), node('MatMul', ['a', 'w'], 'y')],
    constants: [weight('v'), weight('w')],
    shape: [1, 40],
  })
  const { model: after, error } = await compared(model, { x: floats([1, 40], numbers(40)) })
  expect(after.graph.initializers?.map(({ name }) => name)).toEqual(['v'])
  expect(error).toBe(0)
})

test('weights that change are computed when they are read, and are those of the formula', async () => {
  let read = 0
  const weight = random('w', [2, 1, 1, 1])
  const model = aModel({
    nodes: [node('Conv', ['x', 'w'], 'a'), bn('a', 'y')],
    constants: [
      {
        ...weight,
        async *data() {
          read++
          yield weight.data as Uint8Array
        },
      },
      constant('s', [2], [1, 2]),
      constant('o', [2], [0, 1]),
      constant('m', [2], [3, 4]),
      constant('v', [2], [4, 1]),
    ],
    shape: [1, 1, 2, 2],
  })
  const { model: after } = await simplify(model)
  expect(read).toBe(0)
  const tensors = after.graph.initializers!
  const [scaled, bias] = await Promise.all(
    tensors.map(async tensor => new Float32Array((await bytesOf(tensor)).slice().buffer)),
  )
  expect(read).toBe(1)
  const [first, second] = new Float32Array((weight.data as Uint8Array).slice().buffer)
  expect(scaled![0]).toBeCloseTo(first! / Math.sqrt(4 + 1e-5), 6)
  expect(scaled![1]).toBeCloseTo((second! * 2) / Math.sqrt(1 + 1e-5), 6)
  expect(bias![0]).toBeCloseTo(-3 / Math.sqrt(4 + 1e-5), 6)
  expect(bias![1]).toBeCloseTo(1 - 8 / Math.sqrt(1 + 1e-5), 6)
})

test('initializers that callers may give otherwise are no constants', async () => {
  const model = aModel({
    nodes: [node('Add', ['x', 'k'], 'y')],
    constants: [constant('k', [], [0])],
    shape: [2],
  })
  const { graph } = model
  const given = { ...graph, inputs: [...graph.inputs, { name: 'k', dtype: 'float32', shape: [] } as const] }
  const { model: after } = await simplify({ ...model, graph: given })
  expect(after.graph.nodes.map(({ op }) => op)).toEqual(['Add'])
  expect(after.graph.initializers?.map(({ name }) => name)).toEqual(['k'])
})
