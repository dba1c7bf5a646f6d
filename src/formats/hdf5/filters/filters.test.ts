import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { fletcher32 } from './fletcher32.ts'
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
