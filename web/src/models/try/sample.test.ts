import { expect, test } from 'vitest'
import { sampleRequest } from './sample.ts'

test('a request has zeros of the right shape, free dimensions being one', () => {
  const text = sampleRequest([
    { name: 'image', dtype: 'float32', shape: ['N', 1, 2, null] },
    { name: 'mask', dtype: 'bool', shape: [2] },
    { name: 'words', dtype: 'string', shape: [] },
  ])
  expect(JSON.parse(text!)).toEqual({
    inputs: [
      { name: 'image', datatype: 'FP32', shape: [1, 1, 2, 1], data: [0, 0] },
      { name: 'mask', datatype: 'BOOL', shape: [2], data: [false, false] },
      { name: 'words', datatype: 'BYTES', shape: [], data: [''] },
    ],
  })
})

test('what nobody would edit by hand is not made', () => {
  expect(sampleRequest([{ name: 'image', dtype: 'float32', shape: [1, 3, 224, 224] }])).toBeUndefined()
})
