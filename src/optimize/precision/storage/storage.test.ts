import { expect, test } from 'vitest'
import { floats, runOnnx } from '../../../../test/fixtures/onnx-run.ts'
import type { OnnxModel, OnnxTensor } from '../../../formats/index.ts'
import { bytesOf, withFixture } from '../../testing.ts'
import { storeHalves } from './storage.ts'

/** Numbers of these types: the second is beyond float16. */
const NUMBERS = { float16: 1.5009765625, bfloat16: 1.5 * 2 ** 100 } as const

function aModel(number: number, opset = 17, elements = 256): OnnxModel {
  const data = new Uint8Array(new Float32Array(elements).fill(number).buffer)
  const w: OnnxTensor = { name: 'w', dtype: 'float32', shape: [elements], data }
  const value = (name: string) => ({ name, dtype: 'float32', shape: [elements] }) as const
  return {
    irVersion: 8,
    opsets: [{ domain: '', version: opset }],
    graph: {
      name: 'g',
      nodes: [{ op: 'Min', inputs: ['x', 'w'], outputs: ['y'] }],
      inputs: [value('x')],
      outputs: [value('y')],
      initializers: [w],
    },
  }
}

test.each(['float16', 'bfloat16'] as const)(
  '%s: the runtime makes float32 of what is stored',
  async dtype => {
    const model = aModel(NUMBERS[dtype])
    const { model: variant, changed } = storeHalves(model, { dtype })
    expect(changed).toEqual(['w'])
    const [stored] = variant.graph.initializers!
    expect(stored).toMatchObject({ name: `w_${dtype}`, dtype, shape: [256] })
    expect((await bytesOf(stored!)).length).toBe(512)
    const x = floats([256], new Float32Array(256).fill(3.3e38))
    const { y } = await runOnnx(variant, { x })
    expect(y!.data).toEqual(new Float32Array(256).fill(NUMBERS[dtype]))
  },
)

test('every product of a real graph is there, and names stay', async () => {
  await withFixture('dense', async model => {
    const { model: variant, changed } = storeHalves(model, { dtype: 'bfloat16' })
    expect(changed).toEqual(['w1', 'w2', 'w3', 'w4', 'w3t'])
    expect(variant.graph.nodes.slice(changed.length)).toEqual(model.graph.nodes)
  })
})

test.each([
  [aModel(1, 12), 'bfloat16', 'OPTIMIZE_UNSUPPORTED'],
  [aModel(1, 6), 'float16', 'OPTIMIZE_UNSUPPORTED'],
  [aModel(1, 17, 255), 'float16', 'OPTIMIZE_NOTHING'],
] as const)('%#: refused with its code', (model, dtype, code) => {
  expect(() => storeHalves(model, { dtype })).toThrow(expect.objectContaining({ code }))
})

/** The day one of them loads, computing in bfloat16 may be worth a change of its own. */
test.each([
  ['MatMul', ['x', 'x']],
  ['Gemm', ['x', 'x']],
  ['Add', ['x', 'x']],
  ['Relu', ['x']],
])('the runtime has no bfloat16 %s: it is what weights are stored in alone', async (op, inputs) => {
  const value = (name: string) => ({ name, dtype: 'bfloat16', shape: [2, 2] }) as const
  const model: OnnxModel = {
    irVersion: 8,
    opsets: [{ domain: '', version: 17 }],
    graph: {
      name: 'g',
      nodes: [
        { op: 'Cast', inputs: ['given'], outputs: ['x'], attributes: { to: { int: 16 } } },
        { op, inputs, outputs: ['z'] },
        { op: 'Cast', inputs: ['z'], outputs: ['y'], attributes: { to: { int: 1 } } },
      ],
      inputs: [{ name: 'given', dtype: 'float32', shape: [2, 2] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: [2, 2] }],
      values: [value('x'), value('z')],
    },
  }
  await expect(runOnnx(model, { given: floats([2, 2], new Float32Array(4)) })).rejects.toThrow(
    `Could not find an implementation for ${op}`,
  )
})
