import fc from 'fast-check'
import { expect, test } from 'vitest'
import { histogramOf } from './histogram.ts'
import { openStatistics } from './open.ts'
import type { Moments } from './types.ts'

const statistics = openStatistics()

function momentsOf(values: Float32Array): Moments {
  statistics.add(values)
  return statistics.finish()
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

test.each([
  { values: [], edges: [], counts: [] },
  { values: [Number.NaN], edges: [], counts: [] },
  { values: [3, 3, 3], edges: [3, 3], counts: [3] },
  // Neighbouring numbers leave no room for five bins.
  {
    values: [3e38, -3e38],
    edges: [-3.0000000054977558e38, 0, 3.0000000054977558e38],
    counts: [1, 1],
    bins: 2,
  },
  { values: [0, 0, 0, 1, 2, 4], edges: [0, 1, 2, 3, 4], counts: [3, 1, 1, 1], bins: 4 },
  { values: [-4, -2, 0, 2], edges: [-4, -1, 2], counts: [2, 2], bins: 2 },
])('$values', ({ values, edges, counts, bins = 5 }) => {
  expect(histogramOf(momentsOf(Float32Array.from(values)), bins)).toEqual({ edges, counts })
})

test('what is below an edge is right to within the values of the one bucket that the edge cuts', () => {
  const value = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 })
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 2, maxLength: 60 }),
      fc.integer({ min: 2, max: 20 }),
      (some, bins) => {
        const values = Float32Array.from(some)
        const { edges, counts } = histogramOf(momentsOf(values), bins)
        expect(sum(counts)).toBe(values.length)
        expect(Math.min(...counts)).toBeGreaterThanOrEqual(0)
        for (const [i, edge] of edges.slice(0, -1).entries()) {
          const slack = Math.abs(edge) / 128 + 1e-38
          const below = sum(counts.slice(0, i))
          const least = values.filter(x => x < edge - slack).length
          const most = values.filter(x => x <= edge + slack).length
          expect(below).toBeGreaterThanOrEqual(least)
          expect(below).toBeLessThanOrEqual(most)
        }
      },
    ),
  )
})
