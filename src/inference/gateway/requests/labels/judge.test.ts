import { expect, test } from 'vitest'
import type { Decision } from '../content/decisions.ts'
import type { Truth } from './feedback.ts'
import { judge } from './judge.ts'

test.each<[Truth, Decision | readonly Decision[], boolean | readonly boolean[] | undefined]>([
  ['cat', { label: 'cat', index: 2 }, true],
  ['dog', { label: 'cat', index: 2 }, false],
  [2, { label: 'cat', index: 2 }, true],
  [3, { label: 'cat', index: 2 }, false],
  // Names that are numerals: 3 means the name.
  [3, { label: '3', index: 2 }, true],
  [2, { label: '3', index: 2 }, false],
  ['7', { index: 7 }, true],
  [7, { index: 7 }, true],
  [7, { index: 1 }, false],
  ['cat', { index: 7 }, undefined],
  [7, { label: 'cat' }, undefined],
  [
    ['a', 'b'],
    [{ label: 'a' }, { label: 'c' }],
    [true, false],
  ],
  [['a'], [{ label: 'a' }, { label: 'c' }], undefined],
  ['a', [{ label: 'a' }, { label: 'c' }], undefined],
  [
    [1, 'b'],
    [{ index: 1 }, { label: 'b' }],
    [true, true],
  ],
  ['a', { value: 1 }, undefined],
])('%j for %j: %j', (truth, decided, expected) => {
  const decisions = Array.isArray(decided) ? decided : [decided]
  expect(judge(truth, decisions as readonly Decision[])?.correct).toEqual(
    typeof expected === 'boolean' ? [expected] : expected,
  )
})

test('values have errors: answer minus label', () => {
  expect(judge([1, 4], [{ value: 1.5 }, { value: 2 }])).toEqual({ correct: [], errors: [0.5, -2] })
})

test('an answer that decides nothing is not judged', () => {
  expect(judge('a', undefined)).toBeUndefined()
})
