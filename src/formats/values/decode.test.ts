import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { BLOCK_DTYPES, type TensorDtype } from '../types.ts'
import { decoderOf } from './decode.ts'
import { bytesOf, layoutOf } from './layout.ts'
import type { Numbers } from './plain.ts'

interface Expected {
  readonly source: 'codes8' | 'codes8 but the last' | 'codes16' | 'random' | 'float128.bin'
  readonly output: 'float32' | 'float64'
  readonly numbers: number
  readonly sha256: string
}

const folder = new URL('../../../test/fixtures/values/', import.meta.url)
const { types, sizes } = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')) as {
  readonly types: Readonly<Record<string, Expected>>
  readonly sizes: Readonly<Record<string, readonly [number, number]>>
}
const names = Object.keys(types) as TensorDtype[]

/** The bytes that make.py decodes. */
function bytesFor(dtype: TensorDtype, { source, numbers }: Expected): Uint8Array {
  if (source === 'codes8') return Uint8Array.from({ length: 256 }, (_, code) => code)
  if (source === 'codes8 but the last') return Uint8Array.from({ length: 255 }, (_, code) => code)
  if (source === 'codes16') return new Uint8Array(Uint16Array.from({ length: 65_536 }, (_, i) => i).buffer)
  if (source === 'float128.bin') return readFileSync(new URL(source, folder))
  const { elementsPerBlock, bytesPerBlock } = layoutOf(dtype)!
  const perElement = dtype.startsWith('complex') ? 2 : 1
  return pseudoRandom(dtype, (numbers / perElement / elementsPerBlock) * bytesPerBlock)
}

function pseudoRandom(name: string, length: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) =>
    createHash('sha256').update(`${name}:${i}`).digest(),
  )
  return new Uint8Array(Buffer.concat(blocks).subarray(0, length))
}

function digestOf(numbers: Numbers): string {
  const own = numbers.slice()
  for (let i = 0; i < own.length; i++) if (Number.isNaN(own[i])) own[i] = Number.NaN
  return createHash('sha256').update(new Uint8Array(own.buffer)).digest('hex')
}

test('every type that holds numbers is compared with a reference', () => {
  const without: readonly TensorDtype[] = ['string', 'record', 'opaque', 'object', 'unknown']
  expect(without.map(decoderOf)).toEqual(without.map(() => undefined))
  expect(names).toEqual(expect.arrayContaining([...BLOCK_DTYPES]))
  expect(names).toHaveLength(14 + 16 + BLOCK_DTYPES.length)
})

describe.each(names)('%s', dtype => {
  const expected = types[dtype]!
  const bytes = bytesFor(dtype, expected)

  test('has the numbers of the reference, to the bit', () => {
    const numbers = decoderOf(dtype)!(bytes)
    expect(numbers.constructor.name.toLowerCase()).toBe(`${expected.output}array`)
    expect(numbers).toHaveLength(expected.numbers)
    expect(digestOf(numbers)).toBe(expected.sha256)
  })

  test('has the same numbers where its bytes are not aligned', () => {
    const unaligned = new Uint8Array(bytes.byteLength + 1)
    unaligned.set(bytes, 1)
    expect(digestOf(decoderOf(dtype)!(unaligned.subarray(1)))).toBe(expected.sha256)
  })

  test('leaves a part of a block out', () => {
    const { bytesPerBlock, elementsPerBlock } = layoutOf(dtype)!
    const perElement = dtype.startsWith('complex') ? 2 : 1
    const numbers = decoderOf(dtype)!(bytes.subarray(0, 2 * bytesPerBlock + (bytesPerBlock > 4 ? 3 : 0)))
    expect(numbers).toHaveLength(2 * elementsPerBlock * perElement)
  })
})

test.each(BLOCK_DTYPES)('%s has the layout of the gguf package', dtype => {
  const [elementsPerBlock, bytesPerBlock] = sizes[dtype]!
  expect(layoutOf(dtype)).toEqual({ elementsPerBlock, bytesPerBlock })
})

test.each([
  ['float32', 3, 12],
  ['bool', 5, 5],
  ['complex128', 2, 32],
  ['float128', 2, 32],
  ['int4', 3, 2],
  ['uint2', 5, 2],
  ['float6e2m3', 4, 3],
  ['float6e3m2', 5, 4],
  ['float8e8m0', 7, 7],
  ['q4_0', 64, 36],
  ['q4_0', 65, 54],
  ['string', 3, undefined],
  ['record', 3, undefined],
  ['float64', 2 ** 52, Number.POSITIVE_INFINITY],
] as const)('%s: %i elements take %s bytes', (dtype, elements, bytes) => {
  expect(bytesOf(dtype, elements)).toBe(bytes)
})
