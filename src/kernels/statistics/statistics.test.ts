import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeStored, STORED_BYTES } from '../decode.ts'
import { BLOCK, CAPACITY } from '../layout.ts'
import { instantiateKernels } from '../module.ts'
import { openStatistics } from './open.ts'
import { ReferenceStatistics } from './reference.ts'
import { KERNEL_DTYPES, type Moments } from './types.ts'
import { WasmStatistics } from './wasm.ts'

const wasm = new WasmStatistics(instantiateKernels()!)
const reference = new ReferenceStatistics()

/** Both implementations' results: equal to the bit. Buckets of what is not finite mean nothing. */
function momentsOfBoth(values: Float32Array): Moments {
  wasm.add(values)
  reference.add(values)
  const [fast, plain] = [wasm.finish(), reference.finish()]
  expect({ ...fast, buckets: finiteBuckets(fast) }).toEqual({ ...plain, buckets: finiteBuckets(plain) })
  return fast
}

function finiteBuckets({ buckets }: Moments): readonly Float64Array[] {
  return [buckets.subarray(0, 0x7f80), buckets.subarray(0x8000, 0xff80)]
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
      .flatMap(half => [...half])
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
  const emptying = new WasmStatistics(instantiateKernels()!, CAPACITY)
  const values = weights(3 * CAPACITY + 7, 0, 1)
  emptying.add(values)
  const moments = emptying.finish()
  expect(finiteBuckets(moments)).toEqual(finiteBuckets(momentsOfBoth(values)))
})

describe.each(KERNEL_DTYPES)('stored as %s', dtype => {
  const stored = new Uint8Array(randomBits(100_000).buffer)

  test('the kernels decode as the plain functions do', () => {
    wasm.addStored(stored, dtype)
    const decoded = decodeStored(stored, dtype)
    expect(decoded).toHaveLength(stored.byteLength / STORED_BYTES[dtype])
    expect(wasm.finish()).toEqual(momentsOfBoth(decoded))
  })

  test('pieces that are larger than the kernels take, and unaligned ones', () => {
    const many = new Uint8Array(randomBits(CAPACITY + 1000).buffer)
    const unaligned = new Uint8Array(many.byteLength + 1)
    unaligned.set(many, 1)
    wasm.addStored(unaligned.subarray(1), dtype)
    reference.addStored(unaligned.subarray(1), dtype)
    expect(wasm.finish().mean).toBe(reference.finish().mean)
  })
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
  expect(statistics).toBeInstanceOf(WasmStatistics)
  statistics.add(Float32Array.of(1, 2, 3))
  statistics.finish()
  statistics.add(Float32Array.of(4))
  expect(statistics.finish()).toMatchObject({ count: 1, mean: 4, std: 0, min: 4, max: 4 })
})

test('float64 beyond float32 counts in the last bucket, and its moments are its own', () => {
  reference.add(Float64Array.of(1e100, -1e100))
  const { max, std, buckets } = reference.finish()
  expect({ max, std }).toEqual({ max: 1e100, std: 1e100 })
  expect([buckets[0x7f7f], buckets[0xff7f]]).toEqual([1, 1])
})
