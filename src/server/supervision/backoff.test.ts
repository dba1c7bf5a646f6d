import { expect, test } from 'vitest'
import { restartDelay } from './backoff.ts'

test.each([
  [0, 0],
  [1, 0],
  [2, 200],
  [3, 500],
  [4, 1000],
  [5, 2000],
  [6, 5000],
  [7, 10_000],
  [1000, 10_000],
])('after %i deaths in a row it waits %i ms', (failures, delay) => {
  expect(restartDelay(failures)).toBe(delay)
})
