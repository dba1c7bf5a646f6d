import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plainPasses } from './reference.ts'
import { FRACTION_BITS, type Pairs, type Windows } from './types.ts'
import { wasmPasses } from './wasm.ts'

const wasm = wasmPasses()!

/** Windows of any places, lengths and weights of both signs whose sums stay within 32 bits. */
function windows(most: number): fc.Arbitrary<Windows> {
  return fc.integer({ min: 1, max: most }).chain(from => {
    const place = fc.integer({ min: 0, max: from - 1 }).chain(start =>
      fc.record({
        start: fc.constant(start),
        weights: fc.array(fc.integer({ min: -(2 ** 18), max: 2 ** 18 }), {
          minLength: 0,
          maxLength: Math.min(19, from - start),
        }),
      }),
    )
    return fc.array(place, { minLength: 1, maxLength: 24 }).map(places => {
      const stride = Math.max(1, ...places.map(({ weights }) => weights.length))
      const weights = new Int32Array(places.length * stride)
      places.forEach((each, i) => {
        weights.set(each.weights, i * stride)
      })
      return {
        from,
        to: places.length,
        starts: Int32Array.from(places, ({ start }) => start),
        lengths: Int32Array.from(places, ({ weights }) => weights.length),
        stride,
        weights,
      }
    })
  })
}

const seed = fc.integer({ min: 1, max: 2 ** 31 - 1 })

function bytesOf(length: number, seed: number): Uint8Array {
  let state = seed
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    const value = state >> 16
    return value % 3 === 0 ? 255 : value & 255
  })
}

describe('SIMD and plain TypeScript give the same bytes', () => {
  test('of columns', () => {
    const cases = fc.tuple(windows(60), fc.constantFrom(1, 2, 3, 4), fc.integer({ min: 1, max: 7 }), seed)
    fc.assert(
      fc.property(cases, ([each, channels, height, seed]) => {
        const source = bytesOf(each.from * channels * height, seed)
        const [a, b] = pair(() => new Uint8Array(each.to * channels * height).fill(77))
        plainPasses.columns(source, channels, each, a, height)
        wasm.columns(source, channels, each, b, height)
        expect(b).toEqual(a)
      }),
      { numRuns: 300 },
    )
  })

  test('of rows, all or some of them', () => {
    const cases = fc.tuple(windows(40), fc.integer({ min: 1, max: 70 }), fc.nat(), fc.nat(), seed)
    fc.assert(
      fc.property(cases, ([each, row, from, to, seed]) => {
        const first = from % each.to
        const end = first + 1 + (to % (each.to - first))
        const source = bytesOf(each.from * row, seed)
        const [a, b] = pair(() => new Uint8Array(each.to * row).fill(77))
        plainPasses.rows(source, row, each, a, first, end)
        wasm.rows(source, row, each, b, first, end)
        expect(b).toEqual(a)
      }),
      { numRuns: 300 },
    )
  })

  test('of columns and rows in float32', () => {
    const cases = fc.tuple(windows(40), fc.constantFrom(1, 3), fc.integer({ min: 1, max: 7 }), fc.nat(), seed)
    fc.assert(
      fc.property(cases, ([each, channels, height, from, seed]) => {
        const floats = { ...each, weights: Float32Array.from(each.weights, weight => weight / 3e5) }
        const source = bytesOf(each.from * channels * height, seed)
        const [a, b] = pair(() => new Float32Array(each.to * channels * height).fill(-7))
        plainPasses.floatColumns(source, channels, floats, a, height)
        wasm.floatColumns(source, channels, floats, b, height)
        expect(b).toEqual(a)
        const first = from % each.to
        const row = channels * height
        const [c, d] = pair(() => new Float32Array(each.to * row).fill(-7))
        const lines = Float32Array.from(source, value => value / 7)
        plainPasses.floatRows(lines, row, floats, c, first, each.to)
        wasm.floatRows(lines, row, floats, d, first, each.to)
        expect(d).toEqual(c)
      }),
      { numRuns: 300 },
    )
  })

  test('of the two neighbours each way', () => {
    /** Starts of `low` at the least; the last place weighs only its first input, if it is the last of the axis. */
    const pairs = (low: number): fc.Arbitrary<Pairs> =>
      fc.integer({ min: 1, max: 40 }).chain(from =>
        fc
          .array(fc.tuple(fc.integer({ min: low, max: from - 1 }), fc.integer({ min: 0, max: 2048 })), {
            minLength: 1,
            maxLength: 30,
          })
          .map(places => ({
            from,
            starts: Int32Array.from(places, ([start]) => start),
            weights: Int16Array.from(
              places.flatMap(([start, weight]) => (start === from - 1 ? [2048, 0] : [weight, 2048 - weight])),
            ),
          })),
      )
    fc.assert(
      fc.property(
        fc.tuple(pairs(0), pairs(-1), fc.constantFrom(1, 3), fc.nat(), seed),
        ([across, down, channels, from, seed]) => {
          const source = bytesOf(across.from * down.from * channels, seed)
          const to = down.starts.length
          const [a, b] = pair(() => new Uint8Array(across.starts.length * to * channels).fill(77))
          plainPasses.linear(source, channels, across, down, a, from % to, to)
          wasm.linear(source, channels, across, down, b, from % to, to)
          expect(b).toEqual(a)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('of tables', () => {
    const cases = fc.tuple(
      fc.integer({ min: 1, max: 99 }),
      fc.constantFrom(1, 3, 4),
      fc.boolean(),
      fc.nat(),
      seed,
    )
    fc.assert(
      fc.property(cases, ([pixels, channels, planar, from, seed]) => {
        const source = bytesOf(pixels * channels, seed)
        const tables = Array.from({ length: channels }, (_, channel) =>
          Float32Array.from({ length: 256 }, (_, value) => (value * (channel + 1) - 3) / seed),
        )
        const [a, b] = pair(() => new Float32Array(pixels * channels).fill(-1))
        plainPasses.lookUp(source, tables, planar, a, from % pixels, pixels)
        wasm.lookUp(source, tables, planar, b, from % pixels, pixels)
        expect(b).toEqual(a)
      }),
    )
  })

  test('where the kernels have no room, or the weights are too large for them', () => {
    const wide = 2 ** 21
    const mean: Windows = {
      from: wide,
      to: 1,
      starts: Int32Array.of(wide - 2),
      lengths: Int32Array.of(2),
      stride: 2,
      weights: Int32Array.of(2 ** (FRACTION_BITS - 1), 2 ** (FRACTION_BITS - 1)),
    }
    const source = bytesOf(wide * 3, 5)
    const huge: Windows = { ...mean, weights: Int32Array.of(2 ** 29, -(2 ** 29)) }
    for (const each of [mean, huge]) {
      const [a, b] = pair(() => new Uint8Array(3))
      plainPasses.columns(source, 3, each, a, 1)
      wasm.columns(source, 3, each, b, 1)
      expect(b).toEqual(a)
    }
  })
})

function pair<T>(make: () => T): readonly [T, T] {
  return [make(), make()]
}
