import { expect, test } from 'vitest'
import { digamma } from './digamma.ts'

// scipy.special.digamma.
test.each([
  [1e-3, -1000.5755719318103],
  [0.5, -1.9635100260214235],
  [1, -0.5772156649015329],
  [2.5, 0.7031566406452432],
  [9.999, 2.251647417205735],
  [10, 2.251752589066721],
  [1e6, 13.81551005796419],
])('ψ(%d) is %d', (x, value) => {
  expect(Math.abs(digamma(x) - value)).toBeLessThan(1e-14 * Math.max(1, Math.abs(value)))
})

test('ψ of 0 and below is not asked for', () => {
  expect(digamma(0)).toBeNaN()
  expect(digamma(-1.5)).toBeNaN()
})
