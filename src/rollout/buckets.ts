/** The buckets that gateways count latencies in: one definition, which those who may not import this part share. */
export {
  BUCKET_GROWTH,
  bucketMilliseconds,
  bucketUpperBound,
  latencyBucket,
  MAX_BUCKET,
} from '../core/index.ts'
