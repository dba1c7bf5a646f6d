import fc from 'fast-check'
import { expect, test } from 'vitest'
import { intervalShape } from './interval-geometry.ts'

test('what lies in order is drawn in order', () => {
  const { low, high, value, limit } = intervalShape({ interval: [0.97, 0.99], value: 0.98, limit: 0.95 })
  expect(limit).toBeLessThan(low)
  expect(low).toBeLessThan(value!)
  expect(value).toBeLessThan(high)
})

test('a limit in the middle of the interval is in the middle of the bar', () => {
  expect(intervalShape({ interval: [0.1, 0.3], limit: 0.2 }).limit).toBeCloseTo(0.5)
})

test('zero is marked where it falls inside, and never widens the picture', () => {
  expect(intervalShape({ interval: [-0.01, 0.02], limit: -0.015 }).zero).toBeGreaterThan(0)
  expect(intervalShape({ interval: [0.97, 0.99], limit: 0.95 }).zero).toBeUndefined()
})

test.each([
  [[-Number.MAX_VALUE, 0.1], true, false],
  [[-0.1, Number.MAX_VALUE], false, true],
  [[-Number.MAX_VALUE, Number.MAX_VALUE], true, true],
  [[-0.1, 1e9], false, true],
] as const)('the ends of %j that lie beyond the bar are open', (interval, openLow, openHigh) => {
  expect(intervalShape({ interval, value: 0.02, limit: 0.05 })).toMatchObject({ openLow, openHigh })
})

test('whatever the figures, everything is on the bar', () => {
  const figure = fc.double({ noNaN: true, noDefaultInfinity: true })
  fc.assert(
    fc.property(
      figure,
      figure,
      fc.option(figure, { nil: undefined }),
      fc.option(figure, { nil: undefined }),
      (a, b, value, limit) => {
        const shape = intervalShape({ interval: [Math.min(a, b), Math.max(a, b)], value, limit })
        for (const at of [shape.low, shape.high, shape.value, shape.limit, shape.zero]) {
          if (at === undefined) continue
          expect(at).toBeGreaterThanOrEqual(0)
          expect(at).toBeLessThanOrEqual(1)
        }
        expect(shape.low).toBeLessThanOrEqual(shape.high)
      },
    ),
  )
})
