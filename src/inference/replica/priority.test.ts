import { expect, test } from 'vitest'
import { priorityOf } from './priority.ts'

test.each([
  ['', undefined, 2],
  ['', 0, 2],
  ['', 1, 2],
  ['', 5, 5],
  ['priority-cap: 1\n', 1, 1],
  ['priority-cap: 1\n', undefined, 2],
  ['priority-cap: 4\n', 3, 4],
  ['priority: 255\n', 1, 255],
  ['priority: 1\n', undefined, 1],
  ['priority: x\npriority-cap: -1\n', 1, 2],
  ['priority: 0\n', 7, 7],
])('%j and %s of the body wait at %s', (headers, asked, level) => {
  expect(priorityOf(headers, asked)).toBe(level)
})
