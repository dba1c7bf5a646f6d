import { expect, test } from 'vitest'
import { sourceOf } from '../../core/index.ts'
import { memoryTree } from '../tree/memory.ts'
import type { TensorInfo } from '../types.ts'
import { MAX_FIELDS, openJsonlData } from './data.ts'
import { together } from './held.ts'

const open = (text: string) => {
  const bytes = Buffer.from(text)
  return openJsonlData({
    source: sourceOf(bytes, 'd.jsonl'),
    path: 'd.jsonl',
    storedSize: bytes.length,
    wrapper: [],
    tree: memoryTree(new Map()),
  })
}

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}

test.each([
  ['{"x":1}\n{"x":2}', 'int64', [2]],
  ['{"x":1}\n{"x":2.5}', 'float64', [2]],
  ['{"x":1}\n{}', 'float64', [2]],
  ['{}\n{"x":1}', 'float64', [2]],
  ['{"x":null}\n{"x":1}', 'float64', [2]],
  ['{"x":true}', 'bool', [1]],
  ['{"x":"a"}\n{"x":1}', 'string', [2]],
  ['{"x":[1,2,3]}\n{"x":[4,5,6]}', 'int64', [2, 3]],
  ['{"x":[[1.5,2],[3,4]]}', 'float64', [1, 2, 2]],
  ['{"x":[1]}\n{"x":[1,2]}', 'object', [2]],
  ['{"x":[[1],[1,2]]}', 'object', [1]],
  ['{"x":[]}', 'object', [1]],
  ['{"x":["a"]}', 'object', [1]],
  ['{"x":{"y":1}}', 'object', [1]],
  ['{"__proto__":1}', 'int64', [1]],
  ['1\n2\n3', 'int64', [3]],
  ['[1,2]\n[3,4]', 'int64', [2, 2]],
])('%j is %s %j', async (text, dtype, shape) => {
  const { file } = await open(text)
  expect(file.tensors).toEqual([expect.objectContaining({ dtype, shape, role: 'data' })])
})

test('fields are read by their names', async () => {
  const model = await open('{"x":[1,2],"y":"a","z":{"k":[]}}\n{"x":[3,null],"y":null}\n')
  const bytes = await bytesOf(model.readTensor('x'))
  expect([0, 8, 16, 24].map(at => bytes.readDoubleLE(at))).toEqual([1, 2, 3, Number.NaN])
  const texts = []
  for await (const text of model.readText!('z')) texts.push(text)
  expect(texts).toEqual(['{"k":[]}', 'null'])
  await expect(bytesOf(model.readTensor('y'))).rejects.toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
  await expect(bytesOf(model.readTensor('q'))).rejects.toMatchObject({ code: 'TENSOR_MISSING' })
})

test.each([
  ['{"x":1', 'JSONL_INVALID'],
  [
    JSON.stringify(Object.fromEntries(Array.from({ length: MAX_FIELDS + 1 }, (_, i) => [i, 1]))),
    'DATA_LIMIT',
  ],
  [`{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'ok'],
])('%.20s: %s', async (text, code) => {
  const found = await open(text).catch(error => error)
  if (code === 'ok') expect(found.file.tensors[0].dtype).toBe('object')
  else expect(found).toMatchObject({ code })
})

test('many fields are parsed together, and what does not fit together is streamed', async () => {
  const line = (row: number) =>
    JSON.stringify(Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`k${i}`, row + i])))
  const bytes = Buffer.from(`${line(0)}\n${line(1000)}\n`)
  let reads = 0
  const source = sourceOf(bytes, 'd.jsonl')
  const counting = {
    ...source,
    read(at: number, length: number) {
      reads++
      return source.read(at, length)
    },
  }
  const tree = memoryTree(new Map())
  const model = await openJsonlData({
    source: counting,
    path: 'd.jsonl',
    storedSize: bytes.length,
    wrapper: [],
    tree,
  })
  const before = reads
  for (const { name } of model.file.tensors) {
    const i = Number(name.slice(1))
    const read = await bytesOf(model.readTensor(name))
    expect(read).toEqual(Buffer.from(BigInt64Array.of(BigInt(i), BigInt(1000 + i)).buffer))
  }
  expect(reads - before).toBeLessThan(10)
})

test.each([
  [[8, undefined, 16], 0, 2],
  [[8, undefined, 16], 2, 1],
  [[2 ** 27, 8], 0, 0],
  [[2 ** 25, 2 ** 25, 8], 0, 2],
])('of fields of %j bytes, from %i on %i are read together', (sizes, first, count) => {
  const tensors = sizes.map(size => ({
    name: 'x',
    dtype: 'int64',
    ...(size !== undefined && { bytes: size }),
  }))
  expect(together(tensors as unknown as TensorInfo[], first)).toHaveLength(count)
})
