import { createCipheriv } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { sourceOf } from '../../core/index.ts'
import { layOut } from './lay-out.ts'
import { numbersIn } from './numbers.ts'

const COUNT = 600_000

/** Numbers as weights have them: normal, by Box and Muller, each row of its own scale. */
function weights(): Float64Array<ArrayBuffer> {
  const random = randoms(2 * COUNT)
  return Float64Array.from({ length: COUNT }, (_, i) => {
    const radius = Math.sqrt(-2 * Math.log(random[2 * i]!))
    return 0.02 * (1 + (Math.floor(i / 1024) % 7)) * radius * Math.cos(2 * Math.PI * random[2 * i + 1]!)
  })
}

/** Above 0, below 1; the same in every run: the key stream of a cipher. */
function randoms(count: number): number[] {
  const stream = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(
    Buffer.alloc(4 * count),
  )
  return Array.from({ length: count }, (_, i) => (stream.readUInt32LE(4 * i) + 0.5) / 2 ** 32)
}

const bytesOf = (numbers: { readonly buffer: ArrayBuffer }) => new Uint8Array(numbers.buffer)
const values = weights()
const singles = Float32Array.from(values)
const upper = Uint16Array.from(new Uint32Array(singles.buffer), bits => bits >>> 16)

describe('bytes without a description', () => {
  test.each([
    ['float64', bytesOf(values), 8],
    ['float32', bytesOf(singles), 4],
    ['float16', bytesOf(Float16Array.from(values)), 2],
    ['bfloat16', bytesOf(upper), 2],
  ] as const)('that are %s throughout are one tensor of it', async (kind, bytes, width) => {
    // What is no whole element at the end belongs to none.
    const source = sourceOf(Buffer.concat([bytes, Uint8Array.of(1)]))
    const shape = [bytes.length / width]
    const tensors = [{ name: 'data', dtype: kind, shape, offset: 0, length: bytes.length, kind }]
    expect(await numbersIn(source)).toEqual({ tensors })
    expect(await layOut(source, 'weights.bin')).toEqual({ tensors })
  })

  test('may have other tables between', async () => {
    const ids = BigInt64Array.from({ length: 10_000 }, (_, i) => BigInt(i * 7))
    const half = bytesOf(singles).length / 2
    const bytes = Buffer.concat([
      bytesOf(singles).subarray(0, half),
      bytesOf(ids),
      bytesOf(singles).subarray(half),
    ])
    expect((await numbersIn(sourceOf(bytes)))?.tensors[0]?.kind).toBe('float32')
  })

  const text = Buffer.from(Array.from({ length: 200_000 }, (_, i) => `weight ${i}`).join('\n'))
  test.each([
    ['text', text],
    ['zeros', new Uint8Array(2 ** 21)],
    ['random', bytesOf(Uint32Array.from(randoms(COUNT), each => each * 2 ** 32))],
    ['packed', gzipSync(bytesOf(singles))],
    [
      '64-bit integers',
      bytesOf(BigInt64Array.from(randoms(COUNT), each => BigInt(Math.floor(each * 50_000)))),
    ],
    ['32-bit integers of both signs', bytesOf(Int32Array.from(values, each => each * 1e6))],
    ['8-bit integers', bytesOf(Int8Array.from({ length: 2 ** 21 }, (_, i) => values[i % COUNT]! * 200))],
    ['short', bytesOf(singles.slice(0, 1000))],
  ])('that are %s are not taken for numbers', async (_, bytes) => {
    expect(await numbersIn(sourceOf(bytes))).toBeUndefined()
  })
})
