import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sourceOf } from '../../core/index.ts'
import type { ModelInput } from '../ports.ts'
import { memoryTree } from '../tree/memory.ts'
import { bytesOf as bytesFor } from '../values/index.ts'
import { openGguf } from './open.ts'
import { type GgufTensorToWrite, type GgufValueToWrite, writeGguf } from './write.ts'

async function written(
  tensors: readonly GgufTensorToWrite[],
  metadata: Readonly<Record<string, GgufValueToWrite>> = {},
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  const sink = { write: async (bytes: Uint8Array) => void parts.push(bytes) }
  await writeGguf(tensors, sink, new Map(Object.entries(metadata)))
  return Buffer.concat(parts)
}

function inputOf(bytes: Uint8Array): ModelInput {
  const source = sourceOf(bytes, 'made.gguf')
  return { source, path: 'made.gguf', storedSize: bytes.byteLength, wrapper: [], tree: memoryTree(new Map()) }
}

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return new Uint8Array(Buffer.concat(all))
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const float32 = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)
const blocks = Uint8Array.from({ length: 2 * 18 }, (_, i) => i)

test('what is written is read back', async () => {
  const tensors = [
    { name: 'a', dtype: 'float32', shape: [2, 3], data: inPieces(float32, 5) },
    { name: 'b', dtype: 'q4_0', shape: [2, 32], data: blocks },
    { name: 'empty', dtype: 'int8', shape: [0], data: new Uint8Array() },
    { name: 'scalar', dtype: 'int64', shape: [], data: new Uint8Array(8) },
  ] as const
  const metadata: Readonly<Record<string, GgufValueToWrite>> = {
    'general.architecture': { type: 'string', value: 'test' },
    'general.alignment': { type: 'uint32', value: 128 },
    big: { type: 'uint64', value: 2n ** 64n - 1n },
    small: { type: 'int16', value: -5 },
    half: { type: 'float32', value: 0.5 },
    yes: { type: 'bool', value: true },
    words: { type: 'array', items: 'string', value: ['one', '二'] },
    numbers: { type: 'array', items: 'int8', value: [-1, 1] },
    flags: { type: 'array', items: 'bool', value: [false, true] },
  }
  const bytes = await written(tensors, metadata)
  expect(bytes.byteLength % 128).toBe(0)
  const model = await openGguf(inputOf(bytes))
  expect(model.file.tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape }))).toEqual(
    tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
  )
  expect(Object.fromEntries(model.file.metadata.map(({ key, value }) => [key, value]))).toEqual({
    'general.architecture': 'test',
    'general.alignment': '128',
    big: '18446744073709551615',
    small: '-5',
    half: '0.5',
    yes: 'true',
    words: '["one","二"]',
    numbers: '[-1,1]',
    flags: '[false,true]',
  })
  expect(await bytesOf(model.readTensor('a'))).toEqual(float32)
  expect(await bytesOf(model.readTensor('b'))).toEqual(blocks)
  expect(await bytesOf(model.readTensor('empty'))).toEqual(new Uint8Array())
  expect(await bytesOf(model.readTensor('scalar'))).toEqual(new Uint8Array(8))
})

test('any model is read back as it was written', async () => {
  const names = fc.uniqueArray(fc.string({ unit: 'grapheme', maxLength: 20 }), { maxLength: 6 })
  const value: fc.Arbitrary<GgufValueToWrite> = fc.oneof(
    fc.record({ type: fc.constant('string' as const), value: fc.string({ unit: 'grapheme' }) }),
    fc.record({ type: fc.constant('bool' as const), value: fc.boolean() }),
    fc.record({ type: fc.constant('uint64' as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
    fc.record({ type: fc.constant('int32' as const), value: fc.integer() }),
    fc.record({ type: fc.constant('float64' as const), value: fc.double() }),
  )
  const tensor = fc.record({
    dtype: fc.constantFrom('float32', 'int8', 'bfloat16', 'float64'),
    shape: fc.array(fc.nat(4), { maxLength: 4 }),
  })
  const model = fc.tuple(
    fc.dictionary(fc.string({ unit: 'grapheme' }), value),
    names,
    fc.infiniteStream(tensor),
  )
  await fc.assert(
    fc.asyncProperty(model, async ([metadata, tensorNames, stream]) => {
      fc.pre(!Object.hasOwn(metadata, 'general.alignment'))
      const tensors = tensorNames.map((name, i) => {
        const { dtype, shape } = stream.next().value as { dtype: 'float32'; shape: number[] }
        const length = bytesFor(
          dtype,
          shape.reduce((product, size) => product * size, 1),
        )!
        return { name, dtype, shape, data: new Uint8Array(length).fill(i + 1) }
      })
      const opened = await openGguf(inputOf(await written(tensors, metadata)))
      const read = Object.fromEntries(opened.file.metadata.map(({ key, value }) => [key, value]))
      const texts = Object.entries(metadata).map(([key, { value }]) => [key, String(value)])
      expect(read).toEqual(Object.fromEntries(texts))
      expect(opened.file.tensors.map(({ name, shape }) => [name, shape])).toEqual(
        tensors.map(({ name, shape }) => [name, shape]),
      )
      for (const { name, data } of tensors) expect(await bytesOf(opened.readTensor(name))).toEqual(data)
    }),
  )
})

test("the file is gguf's own, byte for byte", async () => {
  const made = new Uint8Array(
    readFileSync(new URL('../../../test/fixtures/gguf/split-00002-of-00003.gguf', import.meta.url)),
  )
  // Where gguf's reader finds the two tensors.
  const tensors = [2, 3].map((block, i) => ({
    name: `blk.${block}.weight`,
    dtype: 'float32' as const,
    shape: [3, 4],
    data: made.subarray(224 + i * 64, 224 + i * 64 + 48),
  }))
  const again = await written(tensors, {
    'split.no': { type: 'uint16', value: 1 },
    'split.count': { type: 'uint16', value: 3 },
    'split.tensors.count': { type: 'int32', value: 5 },
  })
  expect(new Uint8Array(again)).toEqual(made)
})

describe('refused', () => {
  const a = { name: 'a', dtype: 'float32', shape: [2, 3], data: float32 } as const

  test.each([
    ['a type that ggml lacks', [{ ...a, dtype: 'bool' }], 'FORMAT_UNSUPPORTED'],
    ['a name twice', [a, a], 'FORMAT_MALFORMED'],
    ['data that is too short', [{ ...a, shape: [7] }], 'FORMAT_MALFORMED'],
    ['data that is too long', [{ ...a, shape: [5] }], 'FORMAT_MALFORMED'],
    ['rows of no whole blocks', [{ ...a, dtype: 'q4_0', shape: [2, 33] }], 'FORMAT_MALFORMED'],
    ['a negative size', [{ ...a, shape: [-1] }], 'FORMAT_MALFORMED'],
    ['a shape beyond any file', [{ ...a, shape: [2 ** 40, 2 ** 40] }], 'FORMAT_MALFORMED'],
    ['a name that is no text', [{ ...a, name: '\ud800' }], 'FORMAT_MALFORMED'],
  ] as const)('%s', async (_, tensors, code) => {
    await expect(written(tensors)).rejects.toMatchObject({ code })
  })

  test.each([
    ['a number out of range', { x: { type: 'uint8', value: 256 } }],
    ['a fraction as an integer', { x: { type: 'int32', value: 0.5 } }],
    ['an alignment that is no power of two', { 'general.alignment': { type: 'uint32', value: 48 } }],
  ] as const)('%s', async (_, metadata) => {
    await expect(written([], metadata)).rejects.toMatchObject({ code: 'FORMAT_MALFORMED' })
  })
})
