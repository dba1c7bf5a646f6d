import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BUCKET_GROWTH, bucketUpperBound, latencyBucket, MAX_BUCKET } from './histogram.ts'

test.each([
  [0, 0],
  [1, 0],
  [1.02, 1],
  [1.021, 2],
  [1000, 349],
  [Number.POSITIVE_INFINITY, MAX_BUCKET],
])('%d µs count in bucket %d', (microseconds, bucket) => {
  expect(latencyBucket(microseconds)).toBe(bucket)
})

test('a duration lies above the edge of the bucket before and not above its own', () => {
  fc.assert(
    fc.property(fc.double({ min: 1.0001, max: 3.6e9, noNaN: true }), microseconds => {
      const bucket = latencyBucket(microseconds)
      expect(microseconds).toBeGreaterThan(bucketUpperBound(bucket - 1))
      expect(microseconds).toBeLessThanOrEqual(bucketUpperBound(bucket))
    }),
  )
})

test('each edge belongs to its own bucket', () => {
  for (let i = 0; i <= MAX_BUCKET; i++) expect(latencyBucket(BUCKET_GROWTH ** i)).toBe(i)
})
