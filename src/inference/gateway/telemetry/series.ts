import { latencyBucket, MAX_BUCKET } from '../../../core/index.ts'

/** Counts of one version in one arm (or of one arm of a rollout's step), cumulative. */
export class Series {
  requests = 0
  errors = 0
  readonly statuses = new Map<number, number>()
  readonly #buckets = new Uint32Array(MAX_BUCKET + 1)
  #microseconds = 0

  /** `microseconds` around the replica's call. Latency is counted for successful answers only. */
  count(status: number, microseconds: number): void {
    this.requests++
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
    if (status >= 500) this.errors++
    else if (status < 300) {
      this.#buckets[latencyBucket(microseconds)]!++
      this.#microseconds += microseconds
    }
  }

  /** Sum of the successful answers' latencies. */
  get seconds(): number {
    return this.#microseconds / 1e6
  }

  /** The buckets that hold something, by number. */
  *latency(): Iterable<readonly [bucket: number, count: number]> {
    for (const [bucket, count] of this.#buckets.entries()) if (count > 0) yield [bucket, count]
  }
}
