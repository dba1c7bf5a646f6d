import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DTYPES, type Dtype, type Tensor, viewAs } from '../core/index.ts'
import { splitBatch, stackBatch } from './batch.ts'
import { fitInput } from './fit.ts'
import { numbersOf } from './numbers.ts'
import { describeInput, resolveBatchAxis } from './signature.ts'
import type { TensorSpec } from './types.ts'

const spec = (name: string, shape: TensorSpec['shape'] = ['N', 2], dtype: Dtype = 'float32'): TensorSpec => ({
  name,
  dtype,
  shape,
})
const float = (shape: readonly number[], ...values: number[]): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
})

describe('which input and output', () => {
  const one = { inputs: [spec('x')], outputs: [spec('a'), spec('b')] }
  const two = { inputs: [spec('image'), spec('mask')], outputs: [spec('a')] }

  test('the only input and the first output, unless they are named', () => {
    expect(describeInput(one, {})).toEqual({ input: spec('x'), output: spec('a') })
    expect(describeInput(two, { input: 'mask' })).toEqual({ input: spec('mask'), output: spec('a') })
    expect(describeInput(one, { output: 'b' }).output).toEqual(spec('b'))
  })

  test.each([
    [two, {}, /2 inputs .*image, mask.* can't be guessed/, /model\.input/],
    [two, { input: 'imagee' }, /no input 'imagee'; it has image, mask/, /Did you mean 'image'/],
    [one, { output: 'c' }, /no output 'c'/, /model\.output/],
    [{ inputs: [], outputs: [] }, {}, /0 inputs/, /model\.input/],
  ])('%#: refused with the names', (signature, config, message, hint) => {
    expect(() => describeInput(signature, config)).toThrow(
      expect.objectContaining({
        code: 'PORT_UNKNOWN',
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      }),
    )
  })
})

test.each([
  [['N', 1, 28, 28], undefined, { kind: 'free' }],
  [[null, 4], 1, { kind: 'free' }],
  [[1, 3], undefined, { kind: 'fixed', size: 1 }],
  [[8, 3], 1, { kind: 'fixed', size: 8 }],
  [[28, 28], 2, { kind: 'none' }],
  [[], undefined, { kind: 'none' }],
] as const)('the batch axis of %j for examples of rank %s', (shape, rank, axis) => {
  expect(resolveBatchAxis(spec('x', shape), rank)).toEqual(axis)
})

describe('batches', () => {
  test('are stacked and split again, whatever the type', () => {
    const cases = fc.record({
      dtype: fc.constantFrom(...DTYPES),
      rest: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
      count: fc.integer({ min: 1, max: 5 }),
    })
    fc.assert(
      fc.property(
        cases,
        fc.uint8Array({ minLength: 1200, maxLength: 1200 }),
        ({ dtype, rest, count }, bytes) => {
          const size = rest.reduce((a, b) => a * b, 1)
          const examples = Array.from({ length: count }, (_, i): Tensor => {
            const data =
              dtype === 'string'
                ? Array.from(bytes, String)
                : viewAs(dtype, new Uint8Array(bytes.slice(i * 8)))
            return { dtype, shape: [1, ...rest], data: data.slice(0, size) }
          })
          const batch = stackBatch(examples)
          expect(batch.shape).toEqual([count, ...rest])
          expect(splitBatch(batch, count)).toEqual(examples)
        },
      ),
    )
  })

  test('of unequal examples, or none, are refused', () => {
    const double: Tensor = { dtype: 'float64', shape: [1, 2], data: Float64Array.of(1, 2) }
    expect(() => stackBatch([float([1, 2], 1, 2), float([1, 1], 1)])).toThrow(/\[1, 2\] and \[1, 1\]/)
    expect(() => stackBatch([float([1, 2], 1, 2), double])).toThrow(/float32 and float64/)
    expect(() => stackBatch([])).toThrow(/at least one/)
  })

  test('an output without a row for each example is refused', () => {
    expect(() => splitBatch(float([1, 2], 1, 2), 2)).toThrow(
      expect.objectContaining({ code: 'OUTPUT_INVALID' }),
    )
  })
})

describe('fitting an example to an input', () => {
  test.each<[Dtype, number[]]>([
    ['float64', [0, 1.5, -2]],
    ['float16', [0, 1.5, -2]],
    ['bfloat16', [0, 1.5, -2]],
    ['int8', [0, 1, -128]],
    ['uint8', [0, 1, 255]],
    ['int64', [0, 1, -5]],
    ['uint64', [0, 1, 5]],
    ['bool', [0, 1, 1]],
  ])('float32 becomes %s', (dtype, values) => {
    const made = fitInput(spec('x', ['N', 3], dtype), float([1, 3], ...values))
    expect(made).toMatchObject({ dtype, shape: [1, 3] })
    expect(Array.from(numbersOf(made))).toEqual(values)
  })

  test.each<[Dtype, number]>([
    ['int32', 0.5],
    ['uint8', 256],
    ['uint8', -1],
    ['int8', 128],
    ['bool', 2],
    ['int64', Number.NaN],
  ])('a %s never takes %d', (dtype, value) => {
    expect(() => fitInput(spec('x', ['N', 1], dtype), float([1, 1], value))).toThrow(
      expect.objectContaining({ code: 'INPUT_DTYPE', message: expect.stringContaining(String(value)) }),
    )
  })

  test('bfloat16 rounds to nearest, ties to even', () => {
    const ulp = 2 ** -7
    const made = fitInput(
      spec('x', [4], 'bfloat16'),
      float([4], 1 + ulp * 0.5, 1 + ulp * 1.5, 1 + ulp * 0.51, Number.NaN),
    )
    expect(Array.from(numbersOf(made))).toEqual([1, 1 + ulp * 2, 1 + ulp, Number.NaN])
  })

  test('the leading one is dropped where the input has no batch axis, and only there', () => {
    expect(fitInput(spec('x', [2]), float([1, 2], 1, 2))).toEqual(float([2], 1, 2))
    expect(fitInput(spec('x', ['N', 2]), float([1, 2], 1, 2))).toEqual(float([1, 2], 1, 2))
  })
})
