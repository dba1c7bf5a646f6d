import { describe, expect, test } from 'vitest'
import {
  KERNEL_BLOCKS,
  type KernelBlock,
  type Moments,
  openReferenceStatistics,
  openStatistics,
} from '../../kernels/index.ts'
import { failuresOf } from '../errors.ts'
import type { OpenModel } from '../ports.ts'
import type { ModelFile, TensorInfo } from '../types.ts'
import { decoderOf } from '../values/index.ts'
import { barOf } from './bar.ts'
import { statisticsOfModel } from './model.ts'
import { statisticsOf } from './tensor.ts'
import type { TensorStatistics } from './types.ts'

type Given = Pick<TensorInfo, 'dtype'> &
  Partial<Omit<TensorInfo, 'dtype'>> & {
    readonly data: ArrayBufferView<ArrayBuffer>
  }

/** A model of tensors in memory, read in small pieces. */
function aModel(given: Readonly<Record<string, Given>>): OpenModel {
  const tensors = Object.entries(given).map(([name, { data, ...info }]): TensorInfo => {
    const elements = info.elements ?? (data as Float32Array<ArrayBuffer>).length
    return { name, shape: [elements], elements, ...info }
  })
  return {
    file: { name: 'model', tensors } as unknown as ModelFile,
    async *readTensor(name) {
      const { data, dtype } = given[name]!
      const size = dtype === 'q8_0' ? 34 : 16
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
    },
    async close() {},
  }
}

const NOTHING = { zeros: 0, nans: 0, positiveInfinities: 0, negativeInfinities: 0 }

test('float32, by hand', async () => {
  const model = aModel({ weight: { dtype: 'float32', data: Float32Array.of(0, 1, 2, 3, 4, 5) } })
  expect(await statisticsOf(model, 'weight', { bins: 3 })).toEqual({
    name: 'weight',
    dtype: 'float32',
    shape: [6],
    count: 6,
    mean: 2.5,
    std: Math.sqrt(17.5 / 6),
    min: 0,
    max: 5,
    ...NOTHING,
    zeros: 1,
    histogram: { edges: [0, 5 / 3, 10 / 3, 5], counts: [2, 2, 2] },
    notes: [],
  })
})

test('a tensor that cannot be read is left out with a note; a broken one ends the count', async () => {
  const data = Float32Array.of(1, 3)
  const model = aModel({ meta: { dtype: 'float32', data }, weight: { dtype: 'float32', data } })
  const failing = (code: 'unsupported' | 'malformed'): OpenModel => ({
    ...model,
    async *readTensor(name) {
      yield* model.readTensor(name)
      if (name === 'meta') throw failuresOf('PyTorch', 'Save it again.')[code]({ name: 'm.pt' }, 'no bytes')
    },
  })
  expect(await statisticsOfModel(failing('unsupported'))).toMatchObject({
    tensors: 1,
    count: 2,
    mean: 2,
    skipped: [{ name: 'meta', dtype: 'float32' }],
    notes: ['meta: not counted: m.pt: PyTorch: no bytes'],
  })
  await expect(statisticsOfModel(failing('malformed'))).rejects.toMatchObject({ code: 'FORMAT_MALFORMED' })
})

test('pieces that come in the buffer count as those of their own', async () => {
  const values = Float32Array.from({ length: 5000 }, (_, i) => Math.sin(i))
  const model = aModel({ weight: { dtype: 'float32', data: values } })
  let used = 0
  const reusing: OpenModel = {
    ...model,
    async *readTensor(_, options) {
      const bytes = new Uint8Array(values.buffer)
      for (let at = 0; at < bytes.length; at += 6000) {
        const piece = options!.buffer!.subarray(0, Math.min(6000, bytes.length - at))
        piece.set(bytes.subarray(at, at + piece.length))
        used++
        yield piece
      }
    },
  }
  expect(await statisticsOf(reusing, 'weight')).toEqual(await statisticsOf(model, 'weight'))
  expect(used).toBe(4)
})

describe.each(Object.keys(KERNEL_BLOCKS) as KernelBlock[])('%s by SIMD', dtype => {
  const { bytes, elements } = KERNEL_BLOCKS[dtype]

  // The last are more than the kernels take at once.
  test.each([1, 3, 32, 333, Math.ceil(1_100_000 / bytes)])(
    '%i blocks count as their dequantized numbers, to the bit',
    count => {
      const [fast, plain] = [openStatistics(), openReferenceStatistics()]
      const blocks = randomBytes(count * bytes, count)
      const cut = Math.floor(count / 3) * bytes
      for (const part of [blocks.subarray(0, cut), blocks.subarray(cut)]) {
        fast.addBlocks!(part, dtype)
        plain.add(decoderOf(dtype)!(part))
      }
      const [counted, expected] = [fast.finish(), plain.finish()]
      expect(counted.count).toBe(count * elements)
      expect({ ...counted, buckets: finiteBuckets(counted) }).toEqual({
        ...expected,
        buckets: finiteBuckets(expected),
      })
    },
  )

  test('scales of all kinds', () => {
    const [fast, plain] = [openStatistics(), openReferenceStatistics()]
    const count = (65_536 * 32) / elements
    const blocks = randomBytes(count * bytes, 5)
    const at = dtype === 'q6_k' ? 208 : 0
    for (let i = 0; i < count; i++) {
      const half = Math.floor((i * 65_536) / count) + (i % (65_536 / count))
      blocks[i * bytes + at] = half & 255
      blocks[i * bytes + at + 1] = half >> 8
    }
    fast.addBlocks!(blocks, dtype)
    plain.add(decoderOf(dtype)!(blocks))
    const [{ buckets: _, ...counted }, { buckets: __, ...expected }] = [fast.finish(), plain.finish()]
    expect(counted).toEqual(expected)
  })
})

function finiteBuckets({ buckets: { codes, counts } }: Moments): readonly (readonly number[])[] {
  return Array.from(codes, (code, i) => [code, counts[i]!]).filter(([code]) => (code! & 0x7fff) < 0x7f80)
}

/** From a seeded generator (xorshift). */
function randomBytes(length: number, seed: number): Uint8Array {
  let state = seed
  return Uint8Array.from({ length }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state & 255
  })
}

test('types of a byte or less are counted with a last byte that is not full', async () => {
  const model = aModel({
    odd: { dtype: 'int4', data: Uint8Array.of(0x21, 0xf3), elements: 3 },
    even: { dtype: 'int4', data: Uint8Array.of(0x21, 0xf3), elements: 4 },
  })
  expect(await statisticsOf(model, 'odd')).toMatchObject({ count: 3, mean: 2, min: 1, max: 3 })
  expect(await statisticsOf(model, 'even')).toMatchObject({ count: 4, mean: 1.25, min: -1, max: 3 })
})

describe('each way to the numbers', () => {
  test.each([
    ['float64', Float64Array.of(1, 2, 3, 2 ** 60), { mean: 2 ** 58 + 1.5, max: 2 ** 60 }],
    ['int64', BigInt64Array.of(-1n, 1n), { mean: 0, std: 1, min: -1 }],
    ['bool', Uint8Array.of(1, 0, 1, 1), { mean: 0.75, zeros: 1 }],
    ['int8', Int8Array.of(-128, 127), { mean: -0.5, min: -128, max: 127 }],
    ['bfloat16', Uint16Array.of(0x3f80, 0xbf80), { mean: 0, std: 1 }],
    ['float8e4m3fn', Uint8Array.of(0x38, 0x7f), { mean: 1, nans: 1, count: 2 }],
    ['complex64', Float32Array.of(1, 2, 3, 4), { count: 4, mean: 2.5 }],
    [
      'q8_0',
      Uint8Array.from({ length: 34 }, (_, i) => (i < 2 ? [0, 0x3c][i]! : i - 2)),
      { count: 32, max: 31 },
    ],
  ] as const)('%s', async (dtype, data, expected) => {
    const elements = dtype === 'q8_0' ? 32 : data.length / (dtype === 'complex64' ? 2 : 1)
    const model = aModel({ weight: { dtype, data, elements } })
    expect(await statisticsOf(model, 'weight')).toMatchObject(expected)
  })

  test('a quantized tensor counts with its real numbers', async () => {
    const quantization = { scheme: 'affine', scale: [0.5], zeroPoint: [2] } as const
    const model = aModel({ weight: { dtype: 'uint8', data: Uint8Array.of(2, 4), quantization } })
    expect(await statisticsOf(model, 'weight')).toMatchObject({ mean: 0.5, min: 0, max: 1 })
  })
})

test.each([
  [Float32Array.of(0, 0, 0), ['all 3 values are 0']],
  [Float32Array.of(0.5, 0.5), ['all 2 values are 0.5']],
  [Float32Array.of(7), []],
  [Float32Array.of(), []],
  [
    Float32Array.of(1, Number.NaN, Infinity, -Infinity),
    ['1 of 4 values are NaN', '2 of 4 values are infinite'],
  ],
])('%j is noted as %j', async (data, notes) => {
  expect((await statisticsOf(aModel({ weight: { dtype: 'float32', data } }), 'weight')).notes).toEqual(notes)
})

test('a tensor without finite numbers has no moments, and the JSON has no null', async () => {
  const model = aModel({ weight: { dtype: 'float32', data: Float32Array.of(Number.NaN) } })
  const statistics = await statisticsOf(model, 'weight')
  expect(JSON.parse(JSON.stringify(statistics))).toEqual(statistics)
  expect(Object.keys(statistics)).not.toContain('mean')
})

test('sums of float64 that overflow are told as such', async () => {
  const model = aModel({ weight: { dtype: 'float64', data: Float64Array.of(1e300, -1e300) } })
  expect(await statisticsOf(model, 'weight')).toMatchObject({ std: 'Infinity', max: 1e300 })
})

test('a missing tensor is told with the nearest names', async () => {
  const model = aModel({ 'dense.weight': { dtype: 'float32', data: Float32Array.of(1) } })
  await expect(statisticsOf(model, 'dense.weights')).rejects.toMatchObject({
    code: 'TENSOR_MISSING',
    hint: expect.stringContaining('dense.weight'),
  })
})

test('a model: each tensor in order, and the parameters together', async () => {
  const model = aModel({
    a: { dtype: 'float32', data: Float32Array.of(1, 2, 3) },
    b: { dtype: 'int8', data: Int8Array.of(-4, 0) },
    labels: { dtype: 'string', data: new Uint8Array(4) },
    momentum: { dtype: 'float32', data: Float32Array.of(1000, 1000), role: 'optimizer' },
    c: { dtype: 'float64', data: Float64Array.of(5, Number.NaN) },
  })
  const seen: TensorStatistics[] = []
  const all = await statisticsOfModel(model, { onTensor: one => void seen.push(one), bins: 4 })
  expect(seen.map(({ name, mean }) => [name, mean])).toEqual([
    ['a', 2],
    ['b', -2],
    ['momentum', 1000],
    ['c', 5],
  ])
  const numbers = [1, 2, 3, -4, 0, 5]
  const mean = 7 / 6
  expect(all).toEqual({
    tensors: 3,
    count: 7,
    mean: expect.closeTo(mean, 12),
    std: expect.closeTo(Math.sqrt(numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 6), 12),
    min: -4,
    max: 5,
    ...NOTHING,
    zeros: 1,
    nans: 1,
    histogram: { edges: [-4, -1.75, 0.5, 2.75, 5], counts: [1, 1, 2, 2] },
    skipped: [{ name: 'labels', dtype: 'string' }],
    notes: ['c: 1 of 2 values are NaN'],
  })
})

test('many notes are shortened', async () => {
  const tensor = { dtype: 'float32', data: Float32Array.of(0, 0) } as const
  const model = aModel(Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`t${i}`, tensor])))
  const { notes } = await statisticsOfModel(model)
  expect(notes).toHaveLength(21)
  expect(notes.at(-1)).toBe('and 5 more')
})

test('a tensor that breaks off leaves nothing behind for the next', async () => {
  const model = aModel({ a: { dtype: 'float32', data: Float32Array.of(1, 1) } })
  const broken: OpenModel = {
    ...model,
    async *readTensor(name) {
      yield* model.readTensor(name)
      throw new Error('broken off')
    },
  }
  await expect(statisticsOfModel(broken)).rejects.toThrow('broken off')
})

test.each([
  { counts: [1, 4, 8, 4, 1], width: 5, bar: '▁▄█▄▁' },
  { counts: [0, 0, 3], width: 3, bar: '▁▁█' },
  { counts: [1, 1, 2, 2], width: 2, bar: '▄█' },
  { counts: [5], width: 4, bar: '████' },
  { counts: [1, 2, 3, 4, 5, 6, 7, 8], width: 8, bar: '▁▂▃▄▅▆▇█' },
  { counts: [0, 0], width: 2, bar: '▁▁' },
  { counts: [], width: 9, bar: '' },
])('$counts in $width characters: $bar', ({ counts, width, bar }) => {
  expect(barOf(counts, width)).toBe(bar)
})
