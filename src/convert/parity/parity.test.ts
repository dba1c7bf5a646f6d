import { expect, test } from 'vitest'
import { floats } from '../../../test/fixtures/onnx-run.ts'
import { digestOf, sourceOf, type Tensor } from '../../core/index.ts'
import type { ConvertedSession, SessionPort } from '../ports.ts'
import { checkParity, uncheckedParity } from './check.ts'
import { compareOutput, toleranceOf } from './compare.ts'
import { readSamples } from './samples.ts'
import type { Samples } from './types.ts'

const port = (name: string, shape: SessionPort['shape'], dtype: SessionPort['dtype'] = 'float32') => ({
  name,
  shape,
  dtype,
})
const NONE = digestOf('')

/** Doubles its input; keeps the sizes of its runs. */
function aDoubler(shape: SessionPort['shape']): ConvertedSession & { readonly runs: number[] } {
  const runs: number[] = []
  return {
    runs,
    inputs: [port('x', shape)],
    outputs: [port('twice', shape), port('rest', [])],
    async run({ x }) {
      runs.push(x!.shape[0]!)
      return {
        twice: floats(
          x!.shape,
          Array.from(x!.data as Float32Array, value => 2 * value),
        ),
        rest: floats([1], [0]),
      }
    },
  }
}

const samplesOf = (rows: number, change = 0): Samples => {
  const values = Array.from({ length: 2 * rows }, (_, i) => i)
  return {
    name: 'samples.npz',
    digest: NONE,
    inputs: { x: floats([rows, 2], values) },
    outputs: {
      twice: floats(
        [rows, 2],
        values.map((value, i) => 2 * value + (i === 5 ? change : 0)),
      ),
    },
  }
}

test('samples run in batches, and their answers are compared as one', async () => {
  const session = aDoubler(['N', 2])
  const found = await checkParity(session, samplesOf(70))
  expect(session.runs).toEqual([32, 32, 6])
  expect(found).toMatchObject({ verdict: 'passed', samples: { rows: 70 }, unchecked: ['rest'] })
  expect(found.outputs).toMatchObject([{ name: 'twice', elements: 140, mismatches: 0, absolute: 0 }])
})

test.each([
  [[1, 2], 3, [1, 1, 1]],
  [[null, 2], 3, [3]],
  [[7, 2], 3, [3]],
] as const)('an input %j with %i rows runs as %j', async (shape, rows, runs) => {
  const session = aDoubler(shape)
  await checkParity(session, samplesOf(rows))
  expect(session.runs).toEqual(runs)
})

test('a difference beyond the tolerance fails, and says where', async () => {
  const found = await checkParity(aDoubler(['N', 2]), samplesOf(4, 0.25))
  expect(found.verdict).toBe('failed')
  expect(found.outputs[0]).toMatchObject({
    mismatches: 1,
    absolute: 0.25,
    first: { index: 5, expected: '10.25', actual: '10' },
  })
  expect((await checkParity(aDoubler(['N', 2]), samplesOf(4, 0.25), { tolerance: 0.03 })).verdict).toBe(
    'passed',
  )
})

test('of a quantized model an answer may be a step beside', async () => {
  const check = (steps: Record<string, number>) =>
    checkParity(aDoubler(['N', 2]), samplesOf(4, 0.25), { steps })
  expect((await check({ twice: 0.25 })).verdict).toBe('passed')
  expect((await check({ twice: 0.2 })).verdict).toBe('failed')
  expect((await check({ other: 1 })).verdict).toBe('failed')
})

test('without samples nothing is known', () => {
  expect(uncheckedParity(aDoubler(['N', 2]))).toEqual({
    verdict: 'inconclusive',
    outputs: [],
    unchecked: ['twice', 'rest'],
  })
})

const of = (dtype: Tensor['dtype'], data: Tensor['data'], shape = [data.length]): Tensor => ({
  dtype,
  shape,
  data,
})

test.each<[string, Tensor, Tensor, number]>([
  ['NaN is NaN', floats([2], [Number.NaN, 1]), floats([2], [Number.NaN, 1]), 0],
  ['NaN on one side', floats([2], [Number.NaN, 1]), floats([2], [0, 1]), 1],
  ['infinities', floats([3], [Infinity, -Infinity, Infinity]), floats([3], [Infinity, Infinity, 1]), 2],
  ['labels of two widths', of('int64', BigInt64Array.of(1n, -2n)), of('int32', Int32Array.of(1, -2)), 0],
  [
    'large integers',
    of('int64', BigInt64Array.of(2n ** 60n)),
    of('int64', BigInt64Array.of(2n ** 60n + 1n)),
    1,
  ],
  ['texts', of('string', ['a', 'b']), of('string', ['a', 'c']), 1],
  ['text beside numbers', of('string', ['1']), of('int64', BigInt64Array.of(1n)), 1],
  ['float32 beside float64', floats([1], [1 / 3]), of('float64', Float64Array.of(1 / 3)), 0],
  ['halves', of('float16', Uint16Array.of(0x3c00, 0x3c01)), of('float16', Uint16Array.of(0x3c00, 0x3c00)), 0],
  ['another shape', floats([2, 1], [1, 2]), floats([1, 2], [1, 2]), 2],
])('%s', (_, actual, expected, mismatches) => {
  const tolerance = toleranceOf(actual.dtype, expected.dtype)
  expect(compareOutput('y', actual, expected, tolerance).mismatches).toBe(mismatches)
})

test('a tolerance loosens no whole numbers', () => {
  expect(toleranceOf('int64', 'int64', 0.05)).toEqual({ rtol: 0, atol: 0 })
})

const FIXTURE = '../../../test/fixtures/convert/parity/'

test.each<[string, readonly SessionPort[], readonly SessionPort[], unknown]>([
  ['names.npz', [port('images', ['N', 2])], [port('scores', ['N', 1])], { scores: [3, 1] }],
  ['names.npz', [port('images', ['N', 2])], [port('scores', ['N'])], { scores: [3] }],
  ['plain.npz', [port('whatever', ['N', 2])], [port('label', ['N'], 'string')], { label: [3] }],
])('reads %s', async (file, inputs, outputs, shapes) => {
  const samples = await readSamples(await sourceAt(file), file, NONE, { inputs, outputs })
  expect(
    Object.fromEntries(Object.entries(samples.outputs).map(([name, { shape }]) => [name, shape])),
  ).toEqual(shapes)
})

test.each<[string, readonly SessionPort[], readonly SessionPort[], RegExp]>([
  ['names.npz', [port('image', ['N', 2])], [port('scores', ['N'])], /'images' is no input or output/],
  ['names.npz', [port('images', ['N', 2]), port('other', [])], [port('scores', [])], /no array for 'other'/],
  ['inputs.npz', [port('images', ['N', 2])], [port('scores', [])], /has inputs, and no answer: scores/],
])('%s does not fit %j -> %j', async (file, inputs, outputs, message) => {
  const reading = readSamples(await sourceAt(file), file, NONE, { inputs, outputs })
  await expect(reading).rejects.toMatchObject({
    code: 'CONVERT_SAMPLES',
    message: expect.stringMatching(message),
  })
})

async function sourceAt(file: string) {
  const { readFile } = await import('node:fs/promises')
  return sourceOf(await readFile(new URL(FIXTURE + file, import.meta.url)), file)
}
