import { describe, expect, test } from 'vitest'
import { inverse, inverseOfLower } from './inverse.ts'

function product(a: Float64Array, b: Float64Array, n: number): number[] {
  return Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n]
    let sum = 0
    for (let k = 0; k < n; k++) sum += a[i * n + k]! * b[k * n + j]!
    return sum
  })
}

const unit = (n: number) => Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0))

describe('an inverse', () => {
  test.each([
    ['of one element', [4]],
    ['that needs other rows first', [0, 2, 0, 0, 0, 5, 3, 0, 1]],
    ['of any matrix', [2, -1, 0, 3, 7, 0.5, 1, 1, 1, 2, 8, 1, -4, 0, 3, 6]],
  ])('%s', (_, elements) => {
    const n = Math.sqrt(elements.length)
    const matrix = Float64Array.from(elements)
    const found = product(matrix, inverse(matrix, n), n)
    for (const [at, element] of unit(n).entries()) expect(found[at]).toBeCloseTo(element, 12)
  })

  test.each([
    ['of zeros', [0, 0, 0, 0]],
    ['of rows that say the same', [1, 2, 2, 4]],
    ['of NaN', [Number.NaN, 1, 1, 1]],
  ])('%s is refused', (_, elements) => {
    expect(() => inverse(Float64Array.from(elements), 2)).toThrow(
      expect.objectContaining({ code: 'CONVERT_INVALID' }),
    )
  })

  test('of a lower triangle does not look above its diagonal', () => {
    const lower = Float64Array.of(2, 9, 9, 1, 4, 9, -3, 5, 8)
    const found = product(Float64Array.of(2, 0, 0, 1, 4, 0, -3, 5, 8), inverseOfLower(lower, 3), 3)
    for (const [at, element] of unit(3).entries()) expect(found[at]).toBeCloseTo(element, 12)
  })
})
