import { expect, test } from 'vitest'
import { parseRange } from './ranges.ts'

test.each([
  ['bytes=0-0', 0, 1],
  ['bytes=0-', 0, 10],
  ['bytes=3-5', 3, 6],
  ['bytes=3-99999', 3, 10],
  ['bytes=-4', 6, 10],
  ['bytes=-99', 0, 10],
  [' bytes=9-9 ', 9, 10],
] as const)('%s of 10 bytes', (header, start, end) => {
  expect(parseRange(header, 10)).toStrictEqual({ start, end })
})

test.each([
  undefined,
  '',
  'bytes=-',
  'bytes=5-2',
  'bytes=a-b',
  'bytes=0-1,3-4',
  'lines=0-1',
  'bytes=1e3-',
  'bytes=9999999999999999-',
])('%j asks for the whole', header => {
  expect(parseRange(header, 10)).toBeUndefined()
})

test.each([
  ['bytes=10-', 10],
  ['bytes=-0', 10],
  ['bytes=0-', 0],
])('%s of %i bytes is none', (header, size) => {
  expect(() => parseRange(header, size)).toThrow(expect.objectContaining({ code: 'RANGE_UNSATISFIABLE' }))
})
