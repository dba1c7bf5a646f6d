import fc from 'fast-check'
import { expect, test } from 'vitest'
import { repeatsOf, tilesOf } from './tiles.ts'

test.each([
  { shape: [10, 4], chunk: [3, 2], most: 1000, tiles: 1, repeats: 1 },
  { shape: [10, 4], chunk: [3, 2], most: 13, tiles: 4, repeats: 1 },
  { shape: [10, 4], chunk: [3, 2], most: 8, tiles: 5, repeats: 2 },
  { shape: [10, 4], chunk: [3, 2], most: 2, tiles: 20, repeats: 3 },
  { shape: [10, 0], chunk: [3, 2], most: 2, tiles: 0, repeats: 1 },
])('$shape in chunks of $chunk, at most $most bytes', ({ shape, chunk, most, tiles, repeats }) => {
  expect([...tilesOf(shape, chunk, 1, most)]).toHaveLength(tiles)
  expect(repeatsOf(shape, chunk, 1, most)).toBe(repeats)
})

test('tiles follow each other in C order, cover everything once, and are small', () => {
  const sizes = fc.array(fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 9 })), {
    minLength: 1,
    maxLength: 4,
  })
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 300 }), (dimensions, most) => {
      const shape = dimensions.map(([size]) => size)
      const chunk = dimensions.map(([, size]) => size)
      const total = shape.reduce((product, size) => product * size, 1)
      let next = 0
      for (const { start, size } of tilesOf(shape, chunk, 1, most)) {
        const first = start.reduce((position, at, d) => position * shape[d]! + at, 0)
        const count = size.reduce((product, length) => product * length, 1)
        expect(first).toBe(next)
        expect(count).toBeLessThanOrEqual(most)
        next += count
      }
      expect(next).toBe(total)
    }),
  )
})
