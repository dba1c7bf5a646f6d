import { expect, test } from 'vitest'
import { patternSize } from './size.ts'

test.each([
  ['abc', 3],
  ['ab{3}', 4],
  ['ab{2,5}', 6],
  ['ab{2,}', 3],
  ['(ab){1000}', 2000],
  ['((ab){10}c){10}', 210],
  ['[a-z]{7}', 7],
  ['[]{9}]{2}', 2],
  ['\\{9}', 3],
  ['a{,5}', 5],
  ['(a){0}', 1],
  ['\\pL{5}', 100],
  ['\\p{Greek}{5}a', 101],
  ['[\\pL]{2}', 42],
  ['(((', 0],
])('%s has the size %s', (source, size) => {
  expect(patternSize(source)).toBe(size)
})
