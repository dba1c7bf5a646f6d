import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BINS, Histogram } from './histogram.ts'

const finite = fc.float({ noNaN: true, noDefaultInfinity: true })
const pieces = fc.array(fc.float32Array({ noNaN: true, noDefaultInfinity: true, maxLength: 30 }), {
  maxLength: 8,
})

function of(...given: readonly Float32Array[]): Histogram {
  const histogram = new Histogram()
  for (const numbers of given) histogram.add(numbers)
  return histogram
}

const facts = ({ counts, width, least, greatest }: Histogram) => ({ counts, width, least, greatest })
const joined = (given: readonly Float32Array[]) => Float32Array.from(given.flatMap(each => [...each]))

test('counts are those of all numbers at once, in whatever pieces, order and merges they came', () => {
  fc.assert(
    fc.property(pieces, pieces, (first, second) => {
      const whole = facts(of(joined([...first, ...second])))
      expect(facts(of(...first, ...second))).toEqual(whole)
      expect(facts(of(...second.toReversed(), ...first))).toEqual(whole)
      const merged = of(...first)
      merged.merge(of(...second))
      expect(facts(merged)).toEqual(whole)
      const other = of(...second)
      other.merge(of(...first))
      expect(facts(other)).toEqual(whole)
    }),
  )
})

test('every number lies within its bin, and a bin is at most 1/2048 of the largest magnitude', () => {
  fc.assert(
    fc.property(finite, finite, (number, other) => {
      const histogram = of(Float32Array.of(number, other))
      const { counts, width } = histogram
      const bins = Array.from(counts.entries()).flatMap(([bin, count]) => Array<number>(count).fill(bin))
      const found = [number, other].sort((a, b) => a - b)
      expect(bins).toHaveLength(2)
      found.forEach((each, i) => {
        expect(each).toBeGreaterThanOrEqual((bins[i]! - BINS / 2) * width)
        expect(each).toBeLessThan((bins[i]! + 1 - BINS / 2) * width)
      })
      const largest = Math.max(Math.abs(number), Math.abs(other))
      // Of subnormal numbers the width is that of the smallest normal one.
      if (largest >= 2 ** -126) expect(width).toBeLessThanOrEqual(largest / 2048)
    }),
  )
})

describe('edges', () => {
  test.each([
    ['zeros', [0, -0, 0], 0, 0],
    ['a power of two, which is below the next', [1], 1, 1],
    [
      'the largest',
      [3.4028234663852886e38, -3.4028234663852886e38],
      -3.4028234663852886e38,
      3.4028234663852886e38,
    ],
    ['the smallest', [2 ** -149, 0], 0, 2 ** -149],
  ])('%s', (_, numbers, least, greatest) => {
    const histogram = of(Float32Array.from(numbers))
    expect(histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(numbers.length)
    expect([histogram.least + 0, histogram.greatest + 0]).toEqual([least, greatest])
  })

  test('nothing is nothing, also merged', () => {
    const histogram = of(new Float32Array(0))
    histogram.merge(new Histogram())
    expect(histogram.least).toBeGreaterThan(histogram.greatest)
  })
})
