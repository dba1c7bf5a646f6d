import { expect, test } from 'vitest'
import type { OnnxModel, OnnxTensor } from '../../../formats/index.ts'
import { bytesOf, describe as described, expected, withFixture } from '../../testing.ts'
import { type BlockOptions, quantizeBlocks } from './quantize.ts'
import { blockWeight } from './weight.ts'

const WAYS: Readonly<Record<string, BlockOptions>> = {
  'int4 block 32': { bits: 4, size: 32, asymmetric: false },
  'int4 block 16 asymmetric': { bits: 4, size: 16, asymmetric: true },
  'int4 block 64 level 4': { bits: 4, size: 64, asymmetric: false, accuracyLevel: 4 },
  'int8 block 32': { bits: 8, size: 32, asymmetric: false },
  'int8 block 16 asymmetric': { bits: 8, size: 16, asymmetric: true },
}

test.each(Object.keys(WAYS))('%s: every byte is that of onnxruntime', async way => {
  const found = await withFixture('dense', async model => described(quantizeBlocks(model, WAYS[way]!).model))
  const { nodes, initializers } = expected['dense']![way]!
  // A plain Gemm stays as it is there, and is a product and a sum here.
  const { w2: _, ...shared } = initializers
  expect(found.initializers).toMatchObject(shared)
  const own = nodes.filter(([op]) => op === 'MatMulNBits')
  expect(found.nodes).toEqual(expect.arrayContaining([...own]))
  expect(found.nodes.filter(([op]) => op === 'MatMulNBits')).toHaveLength(own.length + 1)
})

/** Numbers that are no multiples of anything. */
function matrix(rows: number, columns: number): OnnxTensor {
  const numbers = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i * 1.7) * (1 + (i % 5)))
  return { name: 'w', dtype: 'float32', shape: [rows, columns], data: new Uint8Array(numbers.buffer) }
}

function turned({ shape, data, ...tensor }: OnnxTensor): OnnxTensor {
  const [rows, columns] = shape as [number, number]
  const given = new Float32Array((data as Uint8Array).buffer)
  const numbers = Float32Array.from(
    { length: given.length },
    (_, i) => given[(i % rows) * columns + Math.floor(i / rows)]!,
  )
  return { ...tensor, shape: [columns, rows], data: new Uint8Array(numbers.buffer) }
}

test.each([
  [48, 5, 16, 4, false],
  [50, 7, 16, 4, true],
  [33, 3, 32, 4, true],
  [50, 7, 16, 8, true],
  [33, 5, 32, 8, false],
] as const)(
  'a matrix of %i inputs and %i outputs is the same from either side (blocks of %i, %i bits)',
  async (inputs, outputs, size, bits, asymmetric) => {
    const plain = blockWeight(matrix(inputs, outputs), 'w', { bits, size, asymmetric, turned: false })
    const other = blockWeight(turned(matrix(inputs, outputs)), 'w', { bits, size, asymmetric, turned: true })
    for (const part of ['quantized', 'scales', 'zeroPoints'] as const) {
      const [a, b] = [plain[part], other[part]]
      expect(a?.shape).toEqual(b?.shape)
      if (a && b) expect(Buffer.from(await bytesOf(a))).toEqual(Buffer.from(await bytesOf(b)))
    }
  },
)

test('parts are the same in whatever order they are read, and again', async () => {
  const plan = { bits: 4, size: 16, asymmetric: true, turned: false } as const
  const weight = blockWeight(matrix(40, 6), 'w', plan)
  const first = await bytesOf(weight.zeroPoints!)
  const packed = await bytesOf(weight.quantized)
  expect(await bytesOf(weight.quantized)).toEqual(packed)
  const other = blockWeight(matrix(40, 6), 'w', plan)
  expect(await bytesOf(other.quantized)).toEqual(packed)
  expect(await bytesOf(other.zeroPoints!)).toEqual(first)
})

test.each([Number.NaN, Number.NEGATIVE_INFINITY])('a weight of %d is told when it is read', async number => {
  const tensor = matrix(16, 2)
  new DataView((tensor.data as Uint8Array).buffer).setFloat32(40, number, true)
  const { quantized } = blockWeight(tensor, 'w', { bits: 4, size: 16, asymmetric: false, turned: false })
  await expect(bytesOf(quantized)).rejects.toMatchObject({ code: 'OPTIMIZE_UNSUPPORTED' })
})

test.each([
  [20, 'OPTIMIZE_UNSUPPORTED'],
  [32, 'OPTIMIZE_NOTHING'],
])('blocks of %i of a model without matrices: %s', (size, code) => {
  const model: OnnxModel = {
    opsets: [{ domain: '', version: 17 }],
    graph: { name: 'g', nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }], inputs: [], outputs: [] },
  }
  expect(() => quantizeBlocks(model, { bits: 4, size, asymmetric: false })).toThrow(
    expect.objectContaining({ code }),
  )
})
