import type { Milliseconds } from './clock.ts'

/**
 * Latencies are counted in log buckets: bucket i holds (1.02^(i−1), 1.02^i] microseconds, bucket 0 all up to
 * 1 µs. A quantile read from them is right within ±1 % (a bucket's geometric middle stands for it), and adding
 * a value costs one logarithm.
 */
export const BUCKET_GROWTH = 1.02
/** The last bucket ends past one hour: no gateway waits that long; what is longer is counted there. */
export const MAX_BUCKET = 1112

const PER_LOG = 1 / Math.log(BUCKET_GROWTH)
const EDGES: Float64Array = Float64Array.from({ length: MAX_BUCKET + 1 }, (_, i) => BUCKET_GROWTH ** i)

/**
 * The bucket of a duration in microseconds.
 *
 *   latencyBucket(1)      0
 *   latencyBucket(1.02)   1
 *   latencyBucket(1000)   349    which ends at 1003 µs
 */
export function latencyBucket(microseconds: number): number {
  // Also for NaN, which no clock gives.
  if (!(microseconds > 1)) return 0
  const bucket = Math.min(MAX_BUCKET, Math.ceil(Math.log(microseconds) * PER_LOG))
  // The logarithm may be one rounding off where a duration lies on an edge.
  if (bucket > 0 && microseconds <= EDGES[bucket - 1]!) return bucket - 1
  return bucket < MAX_BUCKET && microseconds > EDGES[bucket]! ? bucket + 1 : bucket
}

/** Upper edge of a bucket, in microseconds (inclusive). */
export function bucketUpperBound(bucket: number): number {
  return EDGES[Math.min(MAX_BUCKET, Math.max(0, bucket))]!
}

/** What stands for a bucket's values: its geometric middle, in milliseconds. */
export function bucketMilliseconds(bucket: number): Milliseconds {
  return bucketUpperBound(bucket) / Math.sqrt(BUCKET_GROWTH) / 1000
}
