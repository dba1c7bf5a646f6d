import { expect, test } from 'vitest'
import type { TensorInfo } from '../types.ts'
import { codesOf } from './codes.ts'

type Given = Pick<TensorInfo, 'dtype' | 'elements'> & Partial<TensorInfo>

const affine = (scale: readonly number[], zeroPoint: readonly number[]) =>
  ({ scheme: 'affine', scale, zeroPoint }) as const

test.each([
  { dtype: 'bool', elements: 3, bytes: 1, each: 1, code: 7, numbers: [1] },
  { dtype: 'int4', elements: 4, bytes: 1, each: 2, code: 0xf2, numbers: [2, -1] },
  { dtype: 'uint2', elements: 4, bytes: 1, each: 4, code: 0b11_10_01_00, numbers: [0, 1, 2, 3] },
  { dtype: 'float8e4m3fn', elements: 1, bytes: 1, each: 1, code: 0x38, numbers: [1] },
  { dtype: 'uint8', elements: 1, quantization: affine([0.5], [2]), bytes: 1, each: 1, code: 4, numbers: [1] },
  {
    dtype: 'uint16',
    elements: 1,
    quantization: affine([2], [1]),
    bytes: 2,
    each: 1,
    code: 300,
    numbers: [598],
  },
] as const)('$dtype: code $code is $numbers', ({ bytes, each, code, numbers, ...given }) => {
  const codes = codesOf({ name: 'w', shape: [given.elements], ...given } satisfies Given & TensorInfo)
  expect(codes?.bytes).toBe(bytes)
  expect([...codes!.numbers.subarray(code * each, (code + 1) * each)]).toEqual(numbers)
})

test.each([
  { what: 'a byte that is not full', dtype: 'int4', elements: 3 },
  { what: 'more bytes', dtype: 'float32', elements: 1 },
  { what: 'codes over bytes', dtype: 'float6e2m3', elements: 4 },
  { what: 'blocks', dtype: 'q4_0', elements: 32 },
  { what: 'no numbers', dtype: 'string', elements: 1 },
  { what: 'scales by axis', dtype: 'int8', elements: 2, quantization: { ...affine([1, 2], [0]), axis: 0 } },
] as const)('$what: not by codes', ({ what, ...given }) => {
  expect(codesOf({ name: what, shape: [given.elements], ...given })).toBeUndefined()
})
