import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type ArmCounts,
  checkCounts,
  latencyBucket,
  latencyQuantile,
  mergeCounts,
  NO_COUNTS,
  RolloutError,
  subtractCounts,
} from './index.ts'

const anyCounts = fc
  .record({
    errors: fc.nat(50),
    latency: fc.dictionary(fc.nat(1112).map(String), fc.integer({ min: 1, max: 1000 })),
  })
  .map(({ errors, latency }): ArmCounts => {
    const served = Object.values(latency).reduce((sum, count) => sum + count, 0)
    return { requests: errors + served, errors, latency: { ...latency } }
  })

test('what was merged can be taken off again', () => {
  fc.assert(
    fc.property(anyCounts, anyCounts, (a, b) => {
      expect(subtractCounts(mergeCounts(a, b), b)).toEqual(a)
    }),
  )
})

test('merging nothing is no counts', () => {
  expect(mergeCounts()).toEqual(NO_COUNTS)
})

test.each([
  ['more errors than requests', { requests: 1, errors: 2, latency: {} }],
  ['half a request', { requests: 0.5, errors: 0, latency: {} }],
  ['fewer than none', { requests: -1, errors: -1, latency: {} }],
  ['a bucket past the last', { requests: 1, errors: 0, latency: { 1113: 1 } }],
  ['a bucket between two', { requests: 1, errors: 0, latency: { 1.5: 1 } }],
  ['a negative latency count', { requests: 1, errors: 0, latency: { 3: -1 } }],
] as const)('%s is refused', (_, counts) => {
  expect(() => checkCounts(counts)).toThrow(RolloutError)
})

test('a counter that fell is refused', () => {
  const later = { requests: 5, errors: 0, latency: { 10: 5 } }
  const earlier = { requests: 4, errors: 0, latency: { 11: 4 } }
  expect(() => subtractCounts(later, earlier)).toThrow(/-4 requests in latency bucket 11/)
})

test('a quantile is read within 1 %', () => {
  const latency: Record<number, number> = {}
  for (let ms = 1; ms <= 100; ms++) {
    const bucket = latencyBucket(ms * 1000)
    latency[bucket] = (latency[bucket] ?? 0) + 1
  }
  const counts = { requests: 100, errors: 0, latency }
  for (const quantile of [0.5, 0.9, 0.95, 0.99]) {
    const exact = quantile * 100
    expect(Math.abs(latencyQuantile(counts, quantile)! / exact - 1)).toBeLessThan(0.0101)
  }
  expect(latencyQuantile(NO_COUNTS, 0.5)).toBeUndefined()
})
