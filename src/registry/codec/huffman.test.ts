import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assignCodes, codeLengths, isComplete } from './huffman.ts'

const counts = (most: number) =>
  fc
    .array(
      fc.tuple(
        fc.nat({ max: 255 }),
        fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: most })),
      ),
      {
        minLength: 2,
        maxLength: 300,
      },
    )
    .filter(pairs => new Set(pairs.map(([symbol]) => symbol)).size >= 2)
    .map(pairs => {
      const made = new Uint32Array(256)
      for (const [symbol, count] of pairs) made[symbol] = count
      return made
    })

/** The least bits with codes of at most `limit` bits: tries every way to spread leaves over the levels. */
function leastBits(weights: readonly number[], limit: number): number {
  const falling = weights.toSorted((a, b) => b - a)
  const known = new Map<string, number>()
  const least = (at: number, open: number, level: number): number => {
    if (at === falling.length) return open === 0 ? 0 : Number.POSITIVE_INFINITY
    if (level > limit || open === 0) return Number.POSITIVE_INFINITY
    const key = `${at} ${open} ${level}`
    let best = known.get(key) ?? -1
    if (best >= 0) return best
    best = Number.POSITIVE_INFINITY
    for (let leaves = 0; leaves <= Math.min(open, falling.length - at); leaves++) {
      const here = falling.slice(at, at + leaves).reduce((sum, weight) => sum + weight * level, 0)
      const nodes = 2 * (open - leaves)
      if (nodes > 2 * falling.length) continue
      best = Math.min(best, here + least(at + leaves, nodes, level + 1))
    }
    known.set(key, best)
    return best
  }
  return least(0, 2, 1)
}

test('lengths are complete, within the limit, and only for symbols that occur', () => {
  fc.assert(
    fc.property(counts(2 ** 20), fc.integer({ min: 9, max: 11 }), (each, limit) => {
      const lengths = new Uint8Array(256)
      const bits = codeLengths(each, limit, lengths)
      expect(isComplete(lengths)).toBe(true)
      let sum = 0
      for (let symbol = 0; symbol < 256; symbol++) {
        expect(lengths[symbol]! > 0).toBe(each[symbol]! > 0)
        expect(lengths[symbol]!).toBeLessThanOrEqual(limit)
        sum += lengths[symbol]! * each[symbol]!
      }
      expect(bits).toBe(sum)
    }),
  )
})

test('no other lengths within the limit take fewer bits', () => {
  const weights = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5000 })), {
    minLength: 2,
    maxLength: 9,
  })
  fc.assert(
    fc.property(weights, fc.integer({ min: 4, max: 6 }), (each, limit) => {
      const made = new Uint32Array(256)
      made.set(each)
      expect(codeLengths(made, limit, new Uint8Array(256))).toBe(leastBits(each, limit))
    }),
  )
})

test('codes are canonical: in order of length, then symbol', () => {
  const lengths = new Uint8Array(256)
  lengths.set([2, 0, 3, 1, 3])
  const codes = new Uint32Array(512)
  assignCodes(lengths, codes)
  // 3: 0, 0: 10, 2: 110, 4: 111, each with its first bit lowest, at the top of 32.
  expect([...codes.subarray(0, 10)]).toEqual([
    2,
    0b01 << 30,
    0,
    0,
    3,
    0b011 * 2 ** 29,
    1,
    0,
    3,
    0b111 * 2 ** 29,
  ])
})

test('lengths that leave a string of bits without meaning, or with two, are not complete', () => {
  const of = (...values: readonly number[]): Uint8Array => {
    const lengths = new Uint8Array(256)
    lengths.set(values)
    return lengths
  }
  expect(isComplete(of(1, 2, 2))).toBe(true)
  expect(isComplete(of(1, 2))).toBe(false)
  expect(isComplete(of(1, 1, 2))).toBe(false)
  expect(isComplete(of())).toBe(false)
  expect(isComplete(of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 12))).toBe(false)
})
