import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf } from '../../core/index.ts'
import { float16At } from '../decode.ts'
import { plainWeightPasses } from './reference.ts'
import type { WeightPasses } from './types.ts'
import { wasmWeightPasses } from './wasm.ts'

const wasm = wasmWeightPasses()!
const both: readonly (readonly [string, WeightPasses])[] = [
  ['plain TypeScript', plainWeightPasses],
  ['WASM', wasm],
]

/** Weights as they are, and what is at the edges: halves, zeros of both signs, the smallest and the largest. */
const number = fc.oneof(
  { weight: 8, arbitrary: fc.float({ min: -4, max: 4, noNaN: true }) },
  { weight: 3, arbitrary: fc.integer({ min: -600, max: 600 }).map(i => i / 2) },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, 1e-42, -1e-42, 3.4e38, -3.4e38, 65504, 65520, 6e-8) },
  { weight: 1, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }) },
)
const numbers = fc.array(number, { maxLength: 300 }).map(list => Float32Array.from(list))

function agree(make: (passes: WeightPasses) => unknown): void {
  expect(make(wasm)).toEqual(make(plainWeightPasses))
}

describe('the kernels give what the plain passes give', () => {
  test('ranges', () => {
    fc.assert(fc.property(numbers, x => agree(passes => passes.range(x).map(v => v + 0))))
  })

  test('ranges of columns, wherever the numbers begin', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 90 }), fc.nat(), (x, columns, at) =>
        agree(passes => {
          const least = new Float32Array(columns).fill(Number.POSITIVE_INFINITY)
          const greatest = new Float32Array(columns).fill(Number.NEGATIVE_INFINITY)
          for (let from = 0; from < 3; from++)
            passes.columnRanges(x, (at + from * x.length) % columns, least, greatest)
          return [Array.from(least, v => v + 0), Array.from(greatest, v => v + 0)]
        }),
      ),
    )
  })

  const grid = fc.record({
    scale: fc.float({ min: Math.fround(0.001), max: 3, noNaN: true }),
    zeroPoint: fc.integer({ min: -128, max: 127 }),
    least: fc.constantFrom(-128, -127, -64),
    greatest: fc.constantFrom(127, 64),
  })

  test('int8', () => {
    fc.assert(
      fc.property(numbers, grid, (x, grid) =>
        agree(passes => {
          const target = new Uint8Array(x.length)
          passes.int8(x, grid, target)
          return target
        }),
      ),
    )
  })

  test('int8 and uint8 by columns', () => {
    fc.assert(
      fc.property(
        numbers,
        fc.array(grid, { minLength: 1, maxLength: 70 }),
        fc.nat(),
        fc.boolean(),
        (x, list, at, signed) =>
          agree(passes => {
            const target = new Uint8Array(x.length)
            const grids = {
              scales: Float32Array.from(list, ({ scale }) => scale),
              zeroPoints: Int32Array.from(list, ({ zeroPoint }) => zeroPoint + (signed ? 0 : 128)),
              least: signed ? -128 : 0,
              greatest: signed ? 127 : 255,
            }
            passes.columnInt8(x, at % list.length, grids, target)
            return target
          }),
      ),
    )
  })

  test('blocks of four bits and of eight', () => {
    const shape = fc.record({
      bits: fc.constantFrom(4, 8),
      size: fc.constantFrom(16, 32, 64),
      blocks: fc.integer({ min: 1, max: 3 }),
      columns: fc.integer({ min: 1, max: 9 }),
      asymmetric: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.infiniteStream(number), shape, (stream, { bits, size, blocks, columns, asymmetric }) => {
        const x = Float32Array.from(stream.take(size * blocks * columns))
        agree(passes => {
          const packed = new Uint8Array((x.length * bits) / 8)
          const [scales, zeroPoints] = [new Float32Array(blocks * columns), new Uint8Array(blocks * columns)]
          const finite = passes.blocks(x, columns, { bits, size, asymmetric }, packed, scales, zeroPoints)
          return [finite, packed, Array.from(scales, v => v + 0), zeroPoints]
        })
      }),
      { numRuns: 60 },
    )
  })

  test('blocks of rows that are wider than their memory, each in its place', () => {
    const [columns, size] = [20_003, 32]
    const x = Float32Array.from({ length: 2 * size * columns }, (_, i) => Math.sin(i) * 3)
    agree(passes => {
      const packed = new Uint8Array(x.length / 2)
      const [scales, zeroPoints] = [new Float32Array(2 * columns), new Uint8Array(2 * columns)]
      passes.blocks(x, columns, { bits: 4, size, asymmetric: true }, packed, scales, zeroPoints)
      return [packed, new Uint8Array(scales.buffer), zeroPoints].map(digestOf)
    })
  })

  test('blocks of a matrix that lies the other way round', () => {
    const shape = fc.record({
      bits: fc.constantFrom(4, 8),
      size: fc.constantFrom(16, 32, 256),
      inputs: fc.integer({ min: 1, max: 300 }),
      outputs: fc.integer({ min: 1, max: 9 }),
      asymmetric: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.infiniteStream(number), shape, (stream, { inputs, outputs, ...block }) => {
        const x = Float32Array.from(stream.take(inputs * outputs))
        const blocks = Math.ceil(inputs / block.size) * outputs
        agree(passes => {
          const packed = new Uint8Array((blocks * block.size * block.bits) / 8)
          const [scales, zeroPoints] = [new Float32Array(blocks), new Uint8Array(blocks)]
          const finite = passes.turnedBlocks(x, inputs, block, packed, scales, zeroPoints)
          return [finite, packed, plain(scales), zeroPoints]
        })
      }),
      { numRuns: 60 },
    )
  })

  test('a number of blocks that is none is told, wherever it is', () => {
    const place = fc.record({
      columns: fc.integer({ min: 1, max: 9 }),
      at: fc.nat(),
      asymmetric: fc.boolean(),
    })
    const wrong = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)
    fc.assert(
      fc.property(place, wrong, ({ columns, at, asymmetric }, number) => {
        const x = Float32Array.from({ length: 32 * columns }, (_, i) => i)
        const told = (passes: WeightPasses) => {
          const made = [
            new Uint8Array(16 * columns),
            new Float32Array(columns),
            new Uint8Array(columns),
          ] as const
          return passes.blocks(x, columns, { bits: 4, size: 32, asymmetric }, ...made)
        }
        expect(both.map(([, passes]) => told(passes))).toEqual([true, true])
        x[at % x.length] = number
        expect(both.map(([, passes]) => told(passes))).toEqual([false, false])
      }),
    )
  })

  test('numbers in their own memory, whatever lies behind them', () => {
    const room = new Float32Array(wasm.room!.buffer, wasm.room!.byteOffset, wasm.room!.length / 4)
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 9 }), (x, columns) => {
        room.fill(Number.NaN, 0, x.length + 64)
        room.set(x, 3)
        const made = (passes: WeightPasses, own: Float32Array) => {
          const whole = own.subarray(0, own.length - (own.length % (16 * columns)))
          const [least, greatest] = [new Float32Array(100), new Float32Array(100)]
          const [packed, bytes, halves] = [new Uint8Array(300), new Uint8Array(300), new Uint16Array(300)]
          const [scales, zeros] = [new Float32Array(30), new Uint8Array(30)]
          passes.columnRanges(own, 7, least, greatest)
          passes.int8(own, { scale: 0.1, zeroPoint: 3, least: -128, greatest: 127 }, bytes)
          passes.float16(own, halves)
          const block = { bits: 4, size: 16, asymmetric: true } as const
          const finite = whole.length === 0 || passes.blocks(whole, columns, block, packed, scales, zeros)
          const range = passes.range(own).map(v => v + 0)
          return [range, finite, packed, bytes, halves, zeros, ...[scales, least, greatest].map(plain)]
        }
        expect(made(wasm, room.subarray(3, 3 + x.length))).toEqual(made(plainWeightPasses, x))
      }),
    )
  })

  test('halves, of any bits', () => {
    const bits = fc.array(fc.oneof(fc.integer(), number.map(bitsOf)), { maxLength: 200 })
    fc.assert(
      fc.property(bits, list => {
        const x = new Float32Array(Int32Array.from(list).buffer)
        agree(passes => {
          const [halves, upper] = [new Uint16Array(x.length), new Uint16Array(x.length)]
          passes.float16(x, halves)
          passes.bfloat16(x, upper)
          return [halves, upper]
        })
      }),
    )
  })

  test('of more numbers than their memory holds', () => {
    const x = Float32Array.from({ length: 1_300_001 }, (_, i) => Math.sin(i) * 3)
    const columns = 1000
    agree(passes => {
      const [bytes, wide, halves] = [
        new Uint8Array(x.length),
        new Uint8Array(x.length),
        new Uint16Array(x.length),
      ]
      const [least, greatest] = [new Float32Array(columns), new Float32Array(columns)]
      passes.int8(x, { scale: 0.02, zeroPoint: 3, least: -128, greatest: 127 }, bytes)
      const grids = {
        scales: new Float32Array(columns).map((_, i) => 0.01 + i / 1e5),
        zeroPoints: new Int32Array(columns),
        least: -127,
        greatest: 127,
      }
      passes.columnInt8(x, 17, grids, wide)
      passes.columnRanges(x, 17, least, greatest)
      passes.float16(x, halves)
      const whole = [bytes, wide, halves, least, greatest].map(({ buffer }) =>
        digestOf(new Uint8Array(buffer)),
      )
      return [passes.range(x), ...whole]
    })
  })
})

describe.each(both)('%s', (_, passes) => {
  test.each([
    { of: [0.5, 1.5, 2.5, -0.5, -1.5, -2.5], bytes: [0, 2, 2, 0, -2, -2] },
    { of: [126.4, 126.5, 127.5, 300, -127.5, -128.5, -300], bytes: [126, 126, 127, 127, -128, -128, -128] },
  ])('rounds half to even and stops at the ends: $of', ({ of, bytes }) => {
    const target = new Uint8Array(of.length)
    passes.int8(Float32Array.from(of), { scale: 1, zeroPoint: 0, least: -128, greatest: 127 }, target)
    expect([...new Int8Array(target.buffer)]).toEqual(bytes)
  })

  test('every float16 is itself, and what lies between goes to the nearest, half to even', () => {
    const finite = Array.from({ length: 0x7c00 }, (_, half) => half)
    const exact = Float32Array.from(finite, float16At)
    const found = new Uint16Array(exact.length)
    passes.float16(exact, found)
    expect([...found]).toEqual(finite)
    const middles = Float32Array.from(
      finite.slice(1, -1),
      half => (float16At(half) + float16At(half + 1)) / 2,
    )
    const rounded = new Uint16Array(middles.length)
    passes.float16(middles, rounded)
    expect([...rounded]).toEqual(finite.slice(1, -1).map(half => (half % 2 === 0 ? half : half + 1)))
  })

  test('a NaN is told by both ends of a range', () => {
    const x = Float32Array.from({ length: 50 }, (_, i) => (i === 20 ? Number.NaN : i))
    expect(passes.range(x)).toEqual([Number.NaN, Number.NaN])
    const [least, greatest] = [new Float32Array(100).fill(9), new Float32Array(100)]
    passes.columnRanges(x, 0, least, greatest)
    expect([least[20], greatest[20], least[21]]).toEqual([Number.NaN, Number.NaN, 9])
  })
})

/** Zeros of both signs are one. */
function plain(numbers: Float32Array): number[] {
  return Array.from(numbers, v => v + 0)
}

function bitsOf(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0]!
}
