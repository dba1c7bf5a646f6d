import { expect, test } from 'vitest'
import { generator } from '../../../test/fixtures/onnx-builder.ts'
import { float32Above, float32Below, nextBelow, nextBelow32 } from './round.ts'

test.each([
  [0.1, 0.09999999403953552, 0.10000000149011612],
  [-0.1, -0.10000000149011612, -0.09999999403953552],
  [0.5, 0.5, 0.5],
  [1e300, 3.4028234663852886e38, Number.POSITIVE_INFINITY],
  [-1e300, Number.NEGATIVE_INFINITY, -3.4028234663852886e38],
  [1e-50, 0, 2 ** -149],
  [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
])('%d lies between the float32 %d and %d', (x, below, above) => {
  expect(float32Below(x)).toBe(below)
  expect(float32Above(x)).toBe(above)
})

test('every float32 compares with a threshold as it does with the rounded one', () => {
  const random = generator(5)
  for (let i = 0; i < 2000; i++) {
    const threshold = (random() - 0.5) * 10 ** Math.floor(random() * 80 - 40)
    const near = Math.fround(threshold)
    for (const x of [near, nextBelow32(near), -nextBelow32(-near)]) {
      expect(x <= threshold).toBe(x <= float32Below(threshold))
      expect(x < threshold).toBe(x < float32Above(threshold))
    }
  }
})

test('between a number and the next one below there is none', () => {
  expect(nextBelow(1)).toBe(1 - Number.EPSILON / 2)
  expect(nextBelow(-1)).toBe(-1 - Number.EPSILON)
  expect(nextBelow(0)).toBe(-Number.MIN_VALUE)
  expect(nextBelow(Number.NEGATIVE_INFINITY)).toBe(Number.NEGATIVE_INFINITY)
  expect(nextBelow32(1)).toBe(1 - 2 ** -24)
})
