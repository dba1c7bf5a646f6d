import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeWide, STORED_BYTES } from '../decode.ts'
import { BLOCK, ROOM_BYTES } from '../layout.ts'
import { instantiateKernels } from '../module.ts'
import { codesOf } from './codes.ts'
import { openReferenceStatistics, openStatistics } from './open.ts'
import { StreamStatistics } from './stream.ts'
import { CODE_DTYPES, type Codes, KERNEL_DTYPES, type Moments, WIDE_DTYPES } from './types.ts'
import { WasmCounter } from './wasm.ts'

/** Elements of float32 that the kernels take at once. */
const CAPACITY = ROOM_BYTES / 4

const wasm = new StreamStatistics(new WasmCounter(instantiateKernels()!))
const reference = openReferenceStatistics()

/** Both implementations' results: equal to the bit. Buckets of what is not finite mean nothing. */
function momentsOfBoth(values: Float32Array | Float64Array): Moments {
  wasm.add(values)
  reference.add(values)
  return finishBoth()
}

function finishBoth(): Moments {
  const [fast, plain] = [wasm.finish(), reference.finish()]
  expect({ ...fast, buckets: finiteBuckets(fast) }).toEqual({ ...plain, buckets: finiteBuckets(plain) })
  return fast
}

function finiteBuckets({ buckets: { codes, counts } }: Moments): readonly (readonly [number, number])[] {
  return Array.from(codes, (code, i) => [code, counts[i]!] as const).filter(
    ([code]) => (code & 0x7fff) < 0x7f80,
  )
}

/** A seeded stream of pseudo-random 32-bit numbers (xorshift). */
function* randoms(seed: number): Generator<number, never> {
  let state = seed
  for (;;) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    yield state >>> 0
  }
}

function randomBits(length: number, seed = 1): Uint32Array {
  const next = randoms(seed)
  return Uint32Array.from({ length }, () => next.next().value)
}

/** Roughly normal, with the given mean and width. */
function weights(length: number, mean: number, width: number): Float32Array {
  const next = randoms(7)
  const uniform = () => next.next().value / 2 ** 32 - 0.5
  return Float32Array.from({ length }, () => mean + width * (uniform() + uniform() + uniform()))
}

/** The definition, by passes over the distances from a mean that is put right first. */
function byDefinition(values: Float32Array): { readonly mean: number; readonly std: number } {
  const about = (center: number) => values.reduce((sum, value) => sum + (value - center), 0) / values.length
  const rough = about(0)
  const mean = rough + about(rough)
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, std: Math.sqrt(squares / values.length) }
}

test('a handful of numbers, by hand', () => {
  const values = Float32Array.of(
    1,
    -2,
    0,
    -0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    5,
    Number.NEGATIVE_INFINITY,
  )
  expect(momentsOfBoth(values)).toMatchObject({
    count: 8,
    finite: 5,
    mean: 0.8,
    std: Math.sqrt((0.04 + 7.84 + 0.64 + 0.64 + 17.64) / 5),
    min: -2,
    max: 5,
    zeros: 2,
    nans: 1,
    positiveInfinities: 1,
    negativeInfinities: 1,
  })
})

test.each([
  ['nothing', Float32Array.of(), { count: 0, finite: 0 }],
  ['NaNs alone', new Float32Array(1500).fill(Number.NaN), { count: 1500, finite: 0, nans: 1500 }],
  ['infinities alone', Float32Array.of(Infinity, -Infinity), { count: 2, finite: 0, negativeInfinities: 1 }],
] as const)('%s have no mean', (_, values, expected) => {
  expect(momentsOfBoth(values)).toMatchObject({
    ...expected,
    mean: Number.NaN,
    std: Number.NaN,
    min: Number.NaN,
    max: Number.NaN,
  })
})

test.each([1, 3, 4, 5, BLOCK - 1, BLOCK, BLOCK + 1, CAPACITY, CAPACITY + 5])('%i numbers', length => {
  const moments = momentsOfBoth(weights(length, 0, 1))
  expect(moments.count).toBe(length)
  expect(
    finiteBuckets(moments)
      .map(([, count]) => count)
      .reduce((sum, count) => sum + count),
  ).toBe(length)
})

test('every bit pattern of a float32 may occur', () => {
  const values = new Float32Array(randomBits(300_000).buffer)
  const { finite, nans, count } = momentsOfBoth(values)
  expect(finite + nans).toBe(count)
  expect(nans).toBe(values.filter(value => Number.isNaN(value)).length)
})

test('bit patterns of any length, with few values and all kinds', () => {
  const kinds = [
    0, 0x8000_0000, 1, 0x3f80_0000, 0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0x7f7f_ffff, 0x7f80_0001,
  ]
  const some = fc.array(fc.oneof(fc.constantFrom(...kinds), fc.nat(0xffff_ffff)), { maxLength: 40 })
  fc.assert(fc.property(some, bits => void momentsOfBoth(new Float32Array(Uint32Array.from(bits).buffer))))
})

test.each([
  { mean: 0, width: 1 },
  { mean: 1e6, width: 1 },
  { mean: 1000, width: 1e-3 },
  { mean: -3e30, width: 1e30 },
  { mean: 0, width: 1e-42 },
])('mean and deviation of $mean ± $width are right to 1e-12', ({ mean, width }) => {
  const values = weights(100_000, mean, width)
  const moments = momentsOfBoth(values)
  const exact = byDefinition(values)
  expect(Math.abs(moments.mean - exact.mean)).toBeLessThanOrEqual(1e-12 * (Math.abs(exact.mean) + exact.std))
  expect(Math.abs(moments.std - exact.std)).toBeLessThanOrEqual(1e-12 * exact.std)
})

test('a first value that is far off costs few digits', () => {
  const values = weights(BLOCK, 1, 1e-3)
  values[0] = 1e10
  const { std } = momentsOfBoth(values)
  expect(Math.abs(std / byDefinition(values).std - 1)).toBeLessThan(1e-12)
})

test('the cut into pieces does not show', () => {
  const values = new Float32Array(randomBits(5000).buffer)
  const whole = momentsOfBoth(values)
  for (const size of [1, 7, 1000, 4999]) {
    for (let at = 0; at < values.length; at += size) wasm.add(values.subarray(at, at + size))
    expect(wasm.finish()).toEqual(whole)
  }
})

test('buckets that are emptied on the way lose nothing', () => {
  const emptying = new StreamStatistics(new WasmCounter(instantiateKernels()!, CAPACITY))
  const values = weights(3 * CAPACITY + 7, 0, 1)
  emptying.add(values)
  const moments = emptying.finish()
  expect(finiteBuckets(moments)).toEqual(finiteBuckets(momentsOfBoth(values)))
})

describe.each(KERNEL_DTYPES)('stored as %s', dtype => {
  const stored = new Uint8Array(randomBits(100_000).buffer)
  const size = STORED_BYTES[dtype]

  test('both count the same, to the bit', () => {
    wasm.addStored(stored, dtype)
    reference.addStored(stored, dtype)
    expect(finishBoth().count).toBe(stored.byteLength / size)
  })

  test('pieces that are larger than the kernels take, and unaligned ones', () => {
    const many = new Uint8Array(randomBits(CAPACITY + 1000).buffer)
    const unaligned = new Uint8Array(many.byteLength + 1)
    unaligned.set(many, 1)
    wasm.addStored(unaligned.subarray(1), dtype)
    reference.addStored(unaligned.subarray(1), dtype)
    expect(finishBoth().count).toBe(many.byteLength / size)
  })

  test('the cut into pieces does not show, in the memory of the kernels or out of it', () => {
    wasm.addStored(stored, dtype)
    const whole = wasm.finish()
    const room = wasm.room!
    for (const elements of [1, 7, 1023, 1025, 3000]) {
      const step = elements * size
      for (let at = 0, i = 0; at < Math.min(stored.length, 9000 * size); at += step, i++) {
        const piece = stored.subarray(at, Math.min(at + step, 9000 * size))
        if (i % 2 === 0) wasm.addStored(piece, dtype)
        else {
          room.set(piece)
          wasm.addStored(room.subarray(0, piece.length), dtype)
        }
        reference.addStored(piece, dtype)
      }
      finishBoth()
    }
    wasm.addStored(stored, dtype)
    expect(wasm.finish()).toEqual(whole)
  })

  test('bytes behind the last whole element are left out', () => {
    const piece = stored.subarray(0, 5 * size + size - 1)
    wasm.addStored(piece, dtype)
    expect(wasm.finish().count).toBe(5)
  })
})

describe.each(WIDE_DTYPES)('%s', dtype => {
  test.each([1, 2, 3, 4, 5, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 3])('%i elements', length => {
    const stored = new Uint8Array(randomBits(2 * length, 11).buffer, 0, length * STORED_BYTES[dtype])
    wasm.addStored(stored, dtype)
    reference.addStored(stored, dtype)
    const moments = finishBoth()
    expect(moments.count).toBe(length)
    const finite = decodeWide(stored, dtype).filter(Number.isFinite)
    expect(moments.min).toBe(finite.length > 0 ? Math.min(...finite) : Number.NaN)
  })
})

describe.each(CODE_DTYPES)('%s, counted by code', dtype => {
  test('mean and deviation are those of the numbers, to 1e-12', () => {
    const stored = new Uint8Array(randomBits(50_001).buffer)
    const { bytes, numbers } = codesOf(dtype)
    const codes = bytes === 1 ? stored : new Uint16Array(stored.buffer)
    const values = Float32Array.from(codes, code => numbers[code]!).filter(Number.isFinite)
    wasm.addStored(stored, dtype)
    const moments = wasm.finish()
    const exact = byDefinition(values)
    expect(moments.finite).toBe(values.length)
    expect(Math.abs(moments.mean - exact.mean)).toBeLessThanOrEqual(1e-12 * exact.std)
    expect(Math.abs(moments.std / exact.std - 1)).toBeLessThanOrEqual(1e-12)
    expect(moments.zeros).toBe(values.filter(value => value === 0).length)
    expect(moments.max).toBe(values.reduce((a, b) => Math.max(a, b)))
    wasm.add(values)
    expect(finiteBuckets(moments)).toEqual(finiteBuckets(wasm.finish()))
  })
})

test('the largest numbers of bfloat16 overflow nothing', () => {
  const largest = Uint16Array.of(0x7f7f, 0x7f7f, 0x7f7f)
  wasm.addStored(new Uint8Array(largest.buffer), 'bfloat16')
  const { mean, std } = wasm.finish()
  expect({ mean, std }).toEqual({ mean: codesOf('bfloat16').numbers[0x7f7f], std: 0 })
})

test('bytes that hold several elements', () => {
  const numbers = Float32Array.from({ length: 512 }, (_, i) => (i % 2 === 0 ? (i >> 1) & 15 : i >> 5))
  const nibbles: Codes = { bytes: 1, numbers }
  for (const statistics of [wasm, reference]) statistics.addCodes(Uint8Array.of(0x21, 0x43, 0xf0), nibbles)
  expect(finishBoth()).toMatchObject({ count: 6, mean: 25 / 6, min: 0, max: 15, zeros: 1 })
})

test('a stream of several types counts as several streams, merged', () => {
  for (const statistics of [wasm, reference]) {
    statistics.addStored(Uint8Array.of(1, 2, 3), 'uint8')
    statistics.add(Float32Array.of(4, 5))
    statistics.add(Float64Array.of(6, Number.NaN))
    statistics.addStored(Uint8Array.of(7), 'uint8')
  }
  const moments = finishBoth()
  expect(moments).toMatchObject({ count: 8, finite: 7, mean: 4, min: 1, max: 7, nans: 1 })
  expect(moments.std).toBeCloseTo(2, 14)
  expect(wasm.finish().count).toBe(0)
})

test('every float16 falls into its bucket, decoded by the kernels as by the plain table', () => {
  const halves = new Uint8Array(Uint16Array.from({ length: 65_536 }, (_, i) => i).buffer)
  wasm.addStored(halves, 'float16')
  reference.addStored(halves, 'float16')
  const [fast, plain] = [wasm.finish(), reference.finish()]
  expect(finiteBuckets(fast)).toEqual(finiteBuckets(plain))
  expect(fast).toMatchObject({ finite: 63_488, nans: 2046, zeros: 2, max: 65_504, min: -65_504 })
  expect(fast.mean).toBeCloseTo(0, 12)
})

test('statistics are reusable, and by WASM here', () => {
  const statistics = openStatistics()
  expect(statistics.room).toHaveLength(ROOM_BYTES)
  statistics.add(Float32Array.of(1, 2, 3))
  statistics.finish()
  statistics.add(Float32Array.of(4))
  expect(statistics.finish()).toMatchObject({ count: 1, mean: 4, std: 0, min: 4, max: 4 })
})

test('float64 beyond float32 counts in the last bucket, and its moments are its own', () => {
  const moments = momentsOfBoth(Float64Array.of(1e100, -1e100, Infinity, Number.NaN, -Infinity))
  expect(moments).toMatchObject({ max: 1e100, std: 1e100 })
  expect(finiteBuckets(moments)).toEqual([
    [0x7f7f, 1],
    [0xff7f, 1],
  ])
})

test('every bit pattern of a float64 may occur, and sums may overflow', () => {
  const values = new Float64Array(randomBits(300_000).buffer)
  const { finite, nans, count } = momentsOfBoth(values)
  expect(finite + nans).toBe(count)
  expect(momentsOfBoth(Float64Array.of(1.7e308, -1.7e308)).std).toBe(Number.POSITIVE_INFINITY)
})

test('integers of 64 bits are rounded once, to nearest and ties to even', () => {
  const values = BigInt64Array.of(2n ** 53n + 1n, 2n ** 53n + 3n, -(2n ** 63n))
  for (const statistics of [wasm, reference]) statistics.addStored(new Uint8Array(values.buffer), 'int64')
  expect(finishBoth()).toMatchObject({ max: 2 ** 53 + 4, min: -(2 ** 63) })
})
