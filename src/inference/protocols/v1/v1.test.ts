import fc from 'fast-check'
import { expect, test } from 'vitest'
import { spec } from '../../../../test/fixtures/inference/served-model.ts'
import type { Dtype, Tensor, Tensors } from '../../../core/index.ts'
import { ModelError } from '../../../model/index.ts'
import { InferenceError } from '../../errors.ts'
import { v1 } from './codec.ts'
import { answered, floats, read, served, X, Y } from './testing.ts'

test('rows of numbers, as in the documentation of TensorFlow Serving', async () => {
  const model = served([spec('x', 'float32', 'N')])
  const { inputs } = await read('{"instances": [1.0,2.0,5.0]}', model)
  expect(inputs).toEqual({ x: floats([3], 1, 2, 5) })
  expect(await answered('{"instances": [1.0,2.0,5.0]}', model, { y: floats([3], 3.5, 4, 5.5) })).toEqual({
    predictions: [3.5, 4, 5.5],
  })
})

const SENSORS = [
  spec('tag', 'string', 'N'),
  spec('signal', 'int32', 'N', 5),
  spec('sensor', 'float32', 'N', 2, 2),
]
const EXPECTED = {
  tag: { dtype: 'string', shape: [2], data: ['foo', 'bar'] },
  signal: { dtype: 'int32', shape: [2, 5], data: Int32Array.of(1, 2, 3, 4, 5, 3, 4, 1, 2, 5) },
  sensor: floats([2, 2, 2], 1, 2, 3, 4, 4, 5, 6, 8),
}

test('rows of named inputs and the same in columns', async () => {
  const rows = {
    instances: [
      {
        tag: 'foo',
        signal: [1, 2, 3, 4, 5],
        sensor: [
          [1, 2],
          [3, 4],
        ],
      },
      {
        tag: 'bar',
        signal: [3, 4, 1, 2, 5],
        sensor: [
          [4, 5],
          [6, 8],
        ],
      },
    ],
  }
  const columns = {
    signature_name: 'serving_default',
    inputs: {
      tag: ['foo', 'bar'],
      signal: [
        [1, 2, 3, 4, 5],
        [3, 4, 1, 2, 5],
      ],
      sensor: [
        [
          [1, 2],
          [3, 4],
        ],
        [
          [4, 5],
          [6, 8],
        ],
      ],
    },
  }
  expect((await read(rows, served(SENSORS))).inputs).toEqual(EXPECTED)
  expect((await read(columns, served(SENSORS))).inputs).toEqual(EXPECTED)
})

test('several outputs are objects of rows, or of columns', async () => {
  const outputs = [spec('y', 'float32', 'N'), spec('text_bytes', 'string', 'N', 1)]
  const computed: Tensors = {
    y: floats([2], 1, Number.NaN),
    text_bytes: { dtype: 'string', shape: [2, 1], data: ['a', 'b'] },
  }
  const model = served([X], outputs)
  expect(
    await answered(
      {
        instances: [
          [1, 2],
          [3, 4],
        ],
      },
      model,
      computed,
    ),
  ).toEqual({
    predictions: [
      { y: 1, text_bytes: [{ b64: 'YQ==' }] },
      { y: null, text_bytes: [{ b64: 'Yg==' }] },
    ],
  })
  expect(
    await answered(
      {
        inputs: [
          [1, 2],
          [3, 4],
        ],
      },
      model,
      computed,
    ),
  ).toEqual({
    outputs: { y: [1, null], text_bytes: [[{ b64: 'YQ==' }], [{ b64: 'Yg==' }]] },
  })
})

test('one output in columns comes without its name', async () => {
  const model = served([X])
  expect(await answered({ inputs: { x: [[1, 2]] } }, model, { y: floats([1, 2], 5, 6) })).toEqual({
    outputs: [[5, 6]],
  })
})

test.each<readonly [Dtype, string, Tensor['data']]>([
  ['float64', '[[0.1,2]]', Float64Array.of(0.1, 2)],
  ['float16', '[[1,-2]]', Uint16Array.of(0x3c00, 0xc000)],
  ['int64', '[[9223372036854775807,-1]]', BigInt64Array.of(2n ** 63n - 1n, -1n)],
  ['uint8', '[[0,255]]', Uint8Array.of(0, 255)],
  ['bool', '[[true,false]]', Uint8Array.of(1, 0)],
  ['string', '[["a",{"b64":"w6k="}]]', ['a', 'é']],
])('rows of %s', async (dtype, instances, data) => {
  const model = served([spec('x', dtype, 'N', 2)])
  expect((await read(`{"instances":${instances}}`, model)).inputs['x']).toEqual({
    dtype,
    shape: [1, 2],
    data,
  })
})

test('numbers of 64 bits keep their digits across instances', async () => {
  const model = served([spec('x', 'int64', 'N'), spec('z', 'int64', 'N')])
  const body = '{"instances":[{"x":9007199254740993,"z":1},{"x":-9007199254740993,"z":2}]}'
  expect((await read(body, model)).inputs['x']!.data).toEqual(
    BigInt64Array.of(2n ** 53n + 1n, -(2n ** 53n) - 1n),
  )
})

test('NaN and infinities are numbers, as TensorFlow Serving has it', async () => {
  const { inputs } = await read('{"instances":[[NaN,-Infinity],[Infinity,-1]]}', served([X]))
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number
  expect(inputs['x']).toEqual(floats([2, 2], nan, -infinity, infinity, -1))
})

test('a plain value is enough where an input has a last axis of 1', async () => {
  const model = served([spec('age', 'float32', 'N', 1), spec('city', 'string', 'N', 1)])
  expect((await read({ instances: [{ age: 3, city: 'Berlin' }] }, model)).inputs).toEqual({
    age: floats([1, 1], 3),
    city: { dtype: 'string', shape: [1, 1], data: ['Berlin'] },
  })
})

test('a model without a batch axis takes one row and answers one', async () => {
  const model = served([spec('x', 'float32', 2)], [spec('y', 'float32', 3)])
  expect((await read({ instances: [[1, 2]] }, model)).inputs['x']!.shape).toEqual([2])
  expect(await answered({ instances: [[1, 2]] }, model, { y: floats([3], 1, 2, 3) })).toEqual({
    predictions: [[1, 2, 3]],
  })
})

test('an output without rows is told to be asked for in columns', async () => {
  const call = await read(
    {
      instances: [
        [1, 2],
        [3, 4],
      ],
    },
    served([X]),
  )
  expect(() => call.encode({ y: floats([1], 1) })).toThrow(
    expect.objectContaining({ code: 'INFERENCE_FAILED', hint: expect.stringContaining('inputs') }),
  )
})

/** A PNG of 8 × 8 grey pixels would do; the steps decide its size. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAZElEQVQI152ONw4DMQwE9WJJpU45p1ffAC4MuHRDcMOAFFLKvbcxJoQwxkgpWWuRotaac55zeu977+yttXOO0FrjPs9Dl6CU4pxD/hLEOP8RSimeoRJj5OyXwEWstSCYH+Le+wI5al+wt4mT3AAAAABJRU5ErkJggg=='

test.each([
  ['by itself', [{ b64: PNG }, { b64: PNG }]],
  ['by the input', [{ x: { b64: PNG } }, { x: { b64: PNG } }]],
  ['as image_bytes', [{ image_bytes: { b64: PNG } }, { image_bytes: { b64: PNG } }]],
])('an image %s goes through the preprocessing', async (_, instances) => {
  const image = spec('x', 'float32', 'N', 1, 4, 4)
  const model = served([image], [Y], {
    preprocess: [
      { kind: 'decode', what: 'image' },
      { kind: 'grayscale' },
      { kind: 'resize', width: 4, height: 4, fit: 'fill' },
    ],
  })
  const { inputs } = await read({ instances }, model)
  expect(inputs['x']).toMatchObject({ dtype: 'float32', shape: [2, 1, 4, 4] })
  const tensor = await read(
    {
      instances: [
        [
          [
            [1, 2, 3, 4],
            [1, 2, 3, 4],
            [1, 2, 3, 4],
            [1, 2, 3, 4],
          ],
        ],
      ],
    },
    model,
  )
  expect(tensor.inputs['x']!.shape).toEqual([1, 1, 4, 4])
})

test.each<readonly [string, unknown, RegExp]>([
  ['no JSON', 'hello', /JSON/],
  ['nothing', {}, /neither instances nor inputs/],
  ['instances that are no list', { instances: 1 }, /list/],
  ['both forms', { instances: [[1, 2]], inputs: [[1, 2]] }, /second/],
  [
    'another signature',
    { signature_name: 'train', instances: [[1, 2]] },
    /'serving_default'|signature "train"/,
  ],
  ['ragged rows', { instances: [[1, 2], [3]] }, /ragged: an array of size 1 where others have 2/],
  ['a number among arrays', { instances: [[1, 2], 3] }, /ragged: a number where arrays/],
  ['an array among numbers', { instances: [1, [2, 3]] }, /ragged: an array where numbers/],
  ['text for numbers', { instances: [['a', 'b']] }, /Expected numbers for the input 'x', found/],
  ['null for numbers', { instances: [[1, null]] }, /Expected numbers/],
  ['an unknown input', { instances: [{ q: [1, 2] }] }, /no input 'q'; it has x/],
  ['an input twice', '{"instances":[{"x":[1,2],"x":[1,2]}]}', /instance 0 names 'x' twice/],
  ['an image for a model of numbers', { instances: [{ b64: 'YQ==' }] }, /Expected numbers/],
  ['arrays nested too deep', `{"instances":${'['.repeat(40)}`, /Expected numbers/],
  ['JSON cut off', '{"instances":[[1,2', /ends/],
  ['something behind it', '{"instances":[[1,2]]} x', /more behind/],
  ['a number past float32', '{"instances":[[1e39,1]]}', /1e39 is too large/],
  ['half a NaN', '{"instances":[[NaM,1]]}', /found/],
])('%s is refused', async (_, body, reason) => {
  await expect(read(body, served([X]))).rejects.toThrow(
    expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringMatching(reason) }),
  )
})

test.each<readonly [string, unknown, RegExp]>([
  [
    'an input that is missing in a row',
    { instances: [{ x: 1, z: 1 }, { x: 1 }] },
    /'z' is in 1 of 2 instances/,
  ],
  ['values without names', { instances: [1, 2] }, /need names: x, z/],
  ['base64 that is none', { instances: [{ x: 1, z: { b64: '!' } }] }, /base64/],
  ['bytes that are no text', { instances: [{ x: 1, z: { b64: '/w==' } }] }, /UTF-8/],
  ['half a character', '{"instances":[{"x":1,"z":"\\ud800"}]}', /Expected texts/],
  ['a number for text', { instances: [{ x: 1, z: 1 }] }, /Expected texts/],
])('of two inputs: %s is refused', async (_, body, reason) => {
  const model = served([spec('x', 'float32', 'N'), spec('z', 'string', 'N')])
  await expect(read(body, model)).rejects.toThrow(
    expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringMatching(reason) }),
  )
})

test('nested numbers become what JSON.parse makes of them', async () => {
  const sizes = fc.tuple(
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 1, max: 3 }),
  )
  const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer())
  const cubes = sizes.chain(([a, b, c]) =>
    fc.array(fc.array(fc.array(number, { minLength: c, maxLength: c }), { minLength: b, maxLength: b }), {
      minLength: a,
      maxLength: a,
    }),
  )
  const model = served([spec('x', 'float64', 'N', 'M', 'K')])
  await fc.assert(
    fc.asyncProperty(cubes, async cube => {
      const { inputs } = await read({ instances: cube }, model)
      const b = cube[0]!.length
      const shape = b === 0 ? [cube.length, 0] : [cube.length, b, cube[0]![0]!.length]
      // JSON writes −0 as 0.
      const flat = cube.flat(2).map(value => (value === 0 ? 0 : value))
      expect(inputs['x']).toEqual({ dtype: 'float64', shape, data: Float64Array.from(flat) })
    }),
  )
})

test('arbitrary bytes are refused, or parsed, never anything else', async () => {
  const seed = JSON.stringify({
    instances: [{ x: [1, -2.5e3], z: ['a', { b64: 'YQ==' }] }],
    signature_name: '',
  })
  const mutated = fc
    .tuple(fc.nat(seed.length), fc.nat(5), fc.string({ maxLength: 4 }))
    .map(([at, cut, text]) => seed.slice(0, at) + text + seed.slice(at + cut))
  const model = served([X, spec('z', 'string', 'N', 2)])
  await fc.assert(
    fc.asyncProperty(fc.oneof(mutated, fc.string()), async text => {
      try {
        await read(text, model)
      } catch (error) {
        expect(error instanceof InferenceError || error instanceof ModelError).toBe(true)
      }
    }),
    { numRuns: 1000 },
  )
})

test("metadata has TensorFlow Serving's form", () => {
  const body = Buffer.concat(v1.metadata(served([X]), '').body).toString()
  expect(JSON.parse(body)).toMatchObject({
    model_spec: { name: 'digits', version: '3' },
    metadata: {
      signature_def: {
        signature_def: {
          serving_default: {
            inputs: { x: { dtype: 'DT_FLOAT', tensor_shape: { dim: [{ size: '-1' }, { size: '2' }] } } },
            method_name: 'tensorflow/serving/predict',
          },
        },
      },
    },
  })
})
