import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BUCKET_GROWTH, bucketUpperBound, latencyBucket, MAX_BUCKET } from './index.ts'

test.each([
  { microseconds: 0, bucket: 0 },
  { microseconds: -5, bucket: 0 },
  { microseconds: Number.NaN, bucket: 0 },
  { microseconds: 1, bucket: 0 },
  { microseconds: 1.01, bucket: 1 },
  { microseconds: 1.02, bucket: 1 },
  { microseconds: 1000, bucket: 349 },
  { microseconds: 3.6e9, bucket: 1112 },
  { microseconds: Number.POSITIVE_INFINITY, bucket: MAX_BUCKET },
])('$microseconds µs are counted in bucket $bucket', ({ microseconds, bucket }) => {
  expect(latencyBucket(microseconds)).toBe(bucket)
})

test('every duration lies between the edges of its bucket', () => {
  fc.assert(
    fc.property(fc.double({ min: 1.000001, max: 3.6e9, noNaN: true }), microseconds => {
      const bucket = latencyBucket(microseconds)
      expect(microseconds).toBeLessThanOrEqual(bucketUpperBound(bucket))
      expect(microseconds).toBeGreaterThan(bucketUpperBound(bucket - 1))
    }),
  )
})

test('an edge itself belongs to the bucket that it ends', () => {
  for (let bucket = 1; bucket <= MAX_BUCKET; bucket++)
    expect(latencyBucket(BUCKET_GROWTH ** bucket)).toBe(bucket)
})
