import { expect, test } from 'vitest'
import { instant } from '../core/index.ts'
import { isWorthTrying, waitAfter } from './retry.ts'

test.each([
  [1, 5000],
  [2, 10_000],
  [5, 80_000],
  [11, 3_600_000],
  [5000, 3_600_000],
])('after %i failures a channel is left alone for %i ms, less up to a quarter', (failures, wait) => {
  expect(waitAfter(failures, 0)).toBe(wait)
  expect(waitAfter(failures, 0.999_999)).toBeGreaterThanOrEqual(wait * 0.75)
  expect(waitAfter(failures, 0.999_999)).toBeLessThan(wait * 0.751)
})

test('after a day it is no news', () => {
  const day = 24 * 3_600_000
  expect(isWorthTrying(instant(5), instant(5 + day - 1))).toBe(true)
  expect(isWorthTrying(instant(5), instant(5 + day))).toBe(false)
})
