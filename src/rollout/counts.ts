import type { Milliseconds } from '../core/index.ts'
import { type LogHistogram, logHistogram, quantileBucket } from '../evaluate/index.ts'
import { bucketMilliseconds, MAX_BUCKET } from './buckets.ts'
import { RolloutError } from './errors.ts'
import type { ArmCounts } from './types.ts'

export const NO_COUNTS: ArmCounts = { requests: 0, errors: 0, latency: {} }

/** Counts of several gateways as one. */
export function mergeCounts(...counts: readonly ArmCounts[]): ArmCounts {
  const latency = new Map<number, number>()
  for (const each of counts)
    for (const [bucket, count] of latencies(each)) latency.set(bucket, (latency.get(bucket) ?? 0) + count)
  return {
    requests: counts.reduce((sum, each) => sum + each.requests, 0),
    errors: counts.reduce((sum, each) => sum + each.errors, 0),
    latency: Object.fromEntries(latency),
  }
}

/** What was counted between two cumulative reports of one counter. Throws ROLLOUT_COUNTS_INVALID where a count fell. */
export function subtractCounts(later: ArmCounts, earlier: ArmCounts): ArmCounts {
  const latency = new Map(latencies(later))
  for (const [bucket, count] of latencies(earlier)) {
    const rest = (latency.get(bucket) ?? 0) - count
    if (rest === 0) latency.delete(bucket)
    else latency.set(bucket, rest)
  }
  const difference = {
    requests: later.requests - earlier.requests,
    errors: later.errors - earlier.errors,
    latency: Object.fromEntries(latency),
  }
  checkCounts(difference)
  return difference
}

/** Throws ROLLOUT_COUNTS_INVALID. */
export function checkCounts(counts: ArmCounts): void {
  const { requests, errors } = counts
  if (!isCount(requests) || !isCount(errors) || errors > requests)
    throw invalid(`${errors} errors in ${requests} requests`)
  for (const [bucket, count] of latencies(counts)) {
    if (!isCount(bucket) || bucket > MAX_BUCKET) throw invalid(`latency bucket ${bucket}`)
    if (!isCount(count)) throw invalid(`${count} requests in latency bucket ${bucket}`)
  }
}

/** The sparse histogram as a dense, cumulative one. */
export function histogramOf(counts: ArmCounts): LogHistogram {
  const buckets = latencies(counts)
  const dense = new Float64Array(buckets.reduce((length, [bucket]) => Math.max(length, bucket + 1), 0))
  for (const [bucket, count] of buckets) dense[bucket] = count
  return logHistogram(dense)
}

/** A quantile of the successful requests, within ±1 %; undefined where there are none. */
export function latencyQuantile(counts: ArmCounts, quantile: number): Milliseconds | undefined {
  const bucket = quantileBucket(histogramOf(counts), quantile)
  return bucket === undefined ? undefined : bucketMilliseconds(bucket)
}

function latencies({ latency }: ArmCounts): readonly (readonly [bucket: number, count: number])[] {
  return Object.entries(latency).map(([bucket, count]) => [Number(bucket), count])
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function invalid(found: string): RolloutError {
  return new RolloutError('ROLLOUT_COUNTS_INVALID', {
    message: `Expected counts of requests (whole numbers, errors ≤ requests, buckets 0 to ${MAX_BUCKET}), found ${found}`,
    hint: 'The report is refused; the next one replaces it. Check that gateway and server are of one version.',
  })
}
