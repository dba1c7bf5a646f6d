import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { unpackBitshuffle } from './bitshuffle.ts'
import { unpackBlosc } from './blosc.ts'
import { unpackBlosclz } from './blosclz.ts'
import { fletcher32 } from './fletcher32.ts'
import { unpackLz4 } from './lz4.ts'
import { unpackLzf } from './lzf.ts'
import { unpackBits } from './nbit.ts'
import { unfilter } from './pipeline.ts'
import { unscale } from './scale-offset.ts'
import { unshuffle } from './shuffle.ts'

const PLACE = { name: 'x.h5', offset: 0 }
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

test.each([
  [[], 0],
  [[0x01, 0x02], 0x01020102],
  [[0x01, 0x02, 0x03], 0x05040402],
])('fletcher32 of %j', (content, sum) => {
  expect(fletcher32(Uint8Array.from(content as number[]))).toBe(sum)
})

test('shuffle leaves a rest alone', () => {
  expect(unshuffle(bytes(1, 3, 2, 4, 9), 2)).toEqual(bytes(1, 2, 3, 4, 9))
})

describe('lzf', () => {
  test.each<[string, Uint8Array, Uint8Array | undefined]>([
    ['literals', bytes(2, 7, 8, 9), bytes(7, 8, 9)],
    ['a run that reads what it writes', bytes(0, 5, 0x60, 0), bytes(5, 5, 5, 5, 5, 5)],
    ['a long run', bytes(0, 5, 0xe0, 1, 0), Uint8Array.from(Array(11).fill(5))],
    ['literals beyond the end', bytes(2, 7), undefined],
    ['a distance before the start', bytes(0, 5, 0x20, 9), undefined],
    ['a cut reference', bytes(0, 5, 0xe0), undefined],
    ['more than fits', bytes(0, 5, 0xe0, 255, 0), undefined],
  ])('%s', (_, packed, expected) => {
    expect(unpackLzf(packed, 20)).toEqual(expected)
  })
})

describe('scale-offset and n-bit refuse what contradicts itself', () => {
  test.each<[string, Uint8Array | string, RegExp]>([
    ['a short header', unscale(bytes(1, 0), [2, 0, 4, 0, 4], 100), /header/],
    ['more numbers than fit', unscale(new Uint8Array(30), [2, 0, 1000, 0, 4], 100), /header/],
    ['too many bits', unscale(Uint8Array.from([99, ...Array(30).fill(0)]), [2, 0, 4, 0, 4], 100), /99 bits/],
    [
      'an end before the numbers',
      unscale(Uint8Array.from([8, ...Array(21).fill(0)]), [2, 0, 4, 0, 4], 100),
      /ends/,
    ],
    ['an odd size', unscale(new Uint8Array(30), [2, 0, 4, 0, 3], 100), /3 bytes/],
    ['packed records', unpackBits(new Uint8Array(9), [0, 0, 1, 3], 100), /records/],
    ['bits beyond a number', unpackBits(new Uint8Array(9), [0, 0, 1, 1, 2, 0, 12, 8], 100), /contradict/],
    ['an end before its numbers', unpackBits(bytes(1), [0, 0, 9, 1, 2, 0, 12, 0], 100), /ends/],
  ])('%s', (_, outcome, reason) => {
    expect(outcome).toMatch(reason)
  })
})

describe('a pipeline', () => {
  const deflate = { id: 1, name: 'deflate', values: [] }
  test.each<[string, Uint8Array, RegExp]>([
    ['is no deflate', bytes(1, 2, 3), /does not unpack with deflate/],
    ['unpacks to more', deflateSync(new Uint8Array(1e6)), /does not unpack with deflate/],
    ['unpacks to less', deflateSync(new Uint8Array(9)), /9 bytes instead of 10/],
  ])('that %s is refused', async (_, stored, message) => {
    await expect(unfilter(stored, [deflate], 0, 10, PLACE)).rejects.toMatchObject({
      code: 'FORMAT_MALFORMED',
      message: expect.stringMatching(message),
    })
  })

  test('leaves out a filter that the chunk left out', async () => {
    expect(await unfilter(bytes(1, 2), [deflate], 1, 2, PLACE)).toEqual(bytes(1, 2))
  })
})

describe('registered filters refuse what contradicts itself', () => {
  const word = (value: number): number[] => [
    value & 255,
    (value >> 8) & 255,
    (value >> 16) & 255,
    value >>> 24,
  ]
  const blosc = (flags: number, size: number, block: number, ...rest: number[]): Uint8Array =>
    bytes(2, 1, flags, 1, ...word(size), ...word(block), ...word(16 + rest.length), ...rest)
  const big = (...values: number[]): number[] => values.flatMap(value => word(value).reverse())

  test.each<[string, Uint8Array | string, RegExp]>([
    ['blosc: a short header', unpackBlosc(bytes(2, 1), 100), /header/],
    ['blosc: more than fits', unpackBlosc(blosc(0x10, 101, 101), 100), /101 bytes/],
    ['blosc: no blocks', unpackBlosc(blosc(0x10, 9, 0), 100), /no bytes/],
    ['blosc: a codec of its own', unpackBlosc(blosc(0x50, 9, 9, ...word(20)), 100), /codec 2/],
    ['blosc: more blocks than bytes', unpackBlosc(blosc(0x10, 99, 1), 100), /do not fit/],
    ['blosc: a block behind the end', unpackBlosc(blosc(0x10, 9, 9, ...word(99)), 100), /block 0 is broken/],
    ['blosc: copied bytes that lack', unpackBlosc(blosc(2, 9, 9, 1, 2, 3), 100), /copied/],
    [
      'blosc: blocks that share a stream',
      unpackBlosc(
        blosc(0x10, 90, 10, ...Array(9).fill(word(52)).flat(), ...word(10), ...Array(10).fill(7)),
        100,
      ),
      /over each other/,
    ],
    ['lz4: a short header', unpackLz4(bytes(0, 0, 0), 100), /header/],
    ['lz4: more than fits', unpackLz4(bytes(...big(1, 0, 9)), 100), /4294967296 bytes/],
    ['lz4: no blocks', unpackLz4(bytes(...big(0, 9, 0)), 100), /no bytes/],
    ['lz4: a cut block', unpackLz4(bytes(...big(0, 9, 9, 9), 1), 100), /breaks off/],
    ['lz4: a broken block', unpackLz4(bytes(...big(0, 9, 9, 1), 0), 100), /broken/],
    ['bitshuffle: no elements', unpackBitshuffle(bytes(1), [0, 3, 0, 0, 2], 100), /no bytes/],
    ['bitshuffle: another packing', unpackBitshuffle(bytes(1), [0, 3, 4, 0, 7], 100), /packing 7/],
    [
      'bitshuffle: odd blocks',
      unpackBitshuffle(bytes(...big(0, 9, 9)), [0, 3, 4, 0, 2], 100),
      /blocks have 9/,
    ],
    ['bitshuffle: odd elements', unpackBitshuffle(bytes(1), [0, 3, 4, 9, 0], 100), /blocks have 36/],
    [
      'bitshuffle: a cut block',
      unpackBitshuffle(bytes(...big(0, 8, 8, 9)), [0, 3, 1, 0, 3], 100),
      /breaks off/,
    ],
    ['bitshuffle: a cut rest', unpackBitshuffle(bytes(...big(0, 3, 8)), [0, 3, 1, 0, 2], 100), /breaks off/],
  ])('%s', (_, outcome, reason) => {
    expect(outcome).toMatch(reason)
  })

  test.each<[string, Uint8Array, boolean]>([
    ['literals alone', bytes(2, 7, 8, 9), true],
    ['a run', bytes(0, 7, 0x20, 0), false],
    ['a run that fills', bytes(0, 7, 0x00, 7, 0x20, 0), false],
    ['too many literals', bytes(3, 7, 8, 9, 9), false],
    ['a distance before the start', bytes(0, 7, 0x20, 5), false],
    ['a cut match', bytes(0, 7, 0xe0), false],
    ['a cut distance', bytes(0, 7, 0x3f, 255, 1), false],
    ['nothing', bytes(), false],
  ])('blosclz: %s', (_, packed, fills) => {
    expect(unpackBlosclz(packed, new Uint8Array(3))).toBe(fills)
  })

  test.each([
    [307, 'bzip2', /broken|expected/],
    [32015, 'zstd', /./],
  ])('filter %i, %s', async (id, name, reason) => {
    await expect(unfilter(bytes(1, 2, 3), [{ id, name, values: [] }], 0, 10, PLACE)).rejects.toMatchObject({
      code: 'FORMAT_MALFORMED',
      message: expect.stringMatching(reason),
    })
  })
})
