import { describe, expect, test } from 'vitest'
import type { OpenModel } from '../ports.ts'
import type { ModelFile, TensorInfo } from '../types.ts'
import { valuesOf } from './values.ts'

/** A model of one tensor, whose bytes come in pieces of `size`. */
function aModel(bytes: Uint8Array, size = bytes.byteLength): OpenModel {
  return {
    file: {} as ModelFile,
    async *readTensor() {
      for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
    },
    async close() {},
  }
}

function aTensor(given: Partial<TensorInfo> & Pick<TensorInfo, 'dtype' | 'shape'>): TensorInfo {
  return { name: 'weight', elements: given.shape.reduce((a, b) => a * b, 1), ...given }
}

async function numbersOf(info: TensorInfo, bytes: Uint8Array, size?: number): Promise<number[]> {
  const numbers: number[] = []
  for await (const piece of valuesOf(aModel(bytes, size), info)) numbers.push(...piece)
  return numbers
}

test('the last byte of a packed type ends with the elements', async () => {
  expect(await numbersOf(aTensor({ dtype: 'int4', shape: [3] }), Uint8Array.of(0xf1, 0xf7), 1)).toEqual([
    1, -1, 7,
  ])
})

test('complex elements are two numbers each', async () => {
  const bytes = new Uint8Array(Float32Array.of(1, -2, 3, -4).buffer)
  expect(await numbersOf(aTensor({ dtype: 'complex64', shape: [2] }), bytes, 8)).toEqual([1, -2, 3, -4])
})

test.each(['string', 'record', 'object', 'opaque', 'unknown'] as const)(
  '%s holds no numbers',
  async dtype => {
    await expect(numbersOf(aTensor({ dtype, shape: [1] }), new Uint8Array(8))).rejects.toMatchObject({
      code: 'FORMAT_UNSUPPORTED',
      message: `weight: tensor values: elements of the type ${dtype} are no numbers`,
    })
  },
)

describe('an affine quantization is undone', () => {
  test.each([
    { what: 'one scale', axis: undefined, scale: [0.5], zeroPoint: [2], real: [-1, -0.5, 0, 0.5, 1, 1.5] },
    { what: 'by rows', axis: 0, scale: [1, 10], zeroPoint: [0, 1], real: [0, 1, 2, 20, 30, 40] },
    { what: 'by columns', axis: 1, scale: [1, 2, 3], zeroPoint: [1], real: [-1, 0, 3, 2, 6, 12] },
  ])('$what', async ({ axis, scale, zeroPoint, real }) => {
    const quantization = { scheme: 'affine', scale, zeroPoint, ...(axis !== undefined && { axis }) } as const
    const info = aTensor({ dtype: 'uint8', shape: [2, 3], quantization })
    expect(await numbersOf(info, Uint8Array.of(0, 1, 2, 3, 4, 5), 4)).toEqual(real)
  })

  test('int32 biases keep their digits', async () => {
    const quantization = { scheme: 'affine', scale: [1], zeroPoint: [0] } as const
    const bytes = new Uint8Array(Int32Array.of(16_777_217).buffer)
    expect(await numbersOf(aTensor({ dtype: 'int32', shape: [1], quantization }), bytes)).toEqual([
      16_777_217,
    ])
  })

  test.each([
    { scale: [1, 2], zeroPoint: [0], axis: 0 },
    { scale: [1, 2], zeroPoint: [0] },
    { scale: [], zeroPoint: [], axis: 0 },
    { scale: [1, 2, 3], zeroPoint: [0, 0], axis: 0 },
    { scale: [1, 2, 3], zeroPoint: [0], axis: 9 },
  ])('not with scales that do not fit: $scale, $zeroPoint, axis $axis', async quantization => {
    const info = aTensor({ dtype: 'int8', shape: [3], quantization: { scheme: 'affine', ...quantization } })
    await expect(numbersOf(info, new Uint8Array(3))).rejects.toMatchObject({ code: 'FORMAT_MALFORMED' })
  })
})
