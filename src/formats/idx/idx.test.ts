import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { sourceOf } from '../../core/index.ts'
import { readIdx } from './idx.ts'

function idx(type: number, shape: readonly number[], data: readonly number[]): Uint8Array {
  const head = Buffer.alloc(4 + shape.length * 4)
  head.set([0, 0, type, shape.length])
  shape.forEach((size, axis) => {
    head.writeUInt32BE(size, 4 + axis * 4)
  })
  return Buffer.concat([head, Uint8Array.from(data)])
}
const read = (bytes: Uint8Array) => readIdx(sourceOf(bytes, 'train-images'))

test.each([
  ['uint8', 0x08, [2, 1], [7, 255], Uint8Array.of(7, 255)],
  ['int8', 0x09, [2], [7, 255], Int8Array.of(7, -1)],
  ['int16', 0x0b, [2], [1, 0, 0xff, 0xfe], Int16Array.of(256, -2)],
  ['int32', 0x0c, [1], [0, 0, 1, 2], Int32Array.of(258)],
  ['float32', 0x0d, [1], [0x3f, 0x80, 0, 0], Float32Array.of(1)],
  ['float64', 0x0e, [1], [0x3f, 0xf0, 0, 0, 0, 0, 0, 0], Float64Array.of(1)],
] as const)('%s', async (dtype, type, shape, bytes, data) => {
  const file = idx(type, shape, bytes)
  expect(await read(file)).toEqual({ dtype, shape, data })
  expect(await read(gzipSync(file))).toEqual({ dtype, shape, data })
})

test('a source in memory is left as it was', async () => {
  const file = idx(0x0b, [2], [1, 0, 2, 0])
  const before = Buffer.from(file)
  await read(file)
  expect(Buffer.compare(before, file)).toBe(0)
})

describe('refused', () => {
  const whole = idx(0x08, [2, 3], [1, 2, 3, 4, 5, 6])
  test('at every truncation', async () => {
    for (let length = 0; length < whole.length; length++) {
      await expect(read(whole.subarray(0, length))).rejects.toMatchObject({ code: 'IDX_INVALID' })
      await expect(read(gzipSync(whole.subarray(0, length)))).rejects.toMatchObject({ code: 'IDX_INVALID' })
    }
  })

  test.each([
    ['sizes of 4 billion', idx(0x08, [0xffffffff, 0xffffffff, 0xffffffff], [])],
    ['a type that is none', idx(0x0a, [1], [1])],
    ['no dimensions', idx(0x08, [], [1])],
    ['more than it says', idx(0x08, [1], [1, 2])],
    ['gzip that breaks off', gzipSync(whole).subarray(0, 20)],
  ])('%s', async (_, bytes) => {
    await expect(read(bytes)).rejects.toMatchObject({ code: 'IDX_INVALID' })
  })
})
