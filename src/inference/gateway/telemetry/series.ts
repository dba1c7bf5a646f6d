import { latencyBucket, MAX_BUCKET } from '../../../core/index.ts'

/** Upper bounds in seconds that a histogram is told in: from a tree of some leaves to a large network's patience. */
export const BOUNDS: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
]

/** One traced request, as an example of its bucket. */
export interface Exemplar {
  readonly seconds: number
  readonly traceId: string
  /** Epoch milliseconds. */
  readonly at: number
}

/** Counts of one version in one arm (or of one arm of a rollout's step), cumulative. */
export class Series {
  requests = 0
  errors = 0
  readonly statuses = new Map<number, number>()
  readonly #buckets = new Uint32Array(MAX_BUCKET + 1)
  /** By the number of their bound; the last is without bound. Made with the first. */
  #exemplars: (Exemplar | undefined)[] | undefined
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

  /** Of a counted request that is traced: its bucket shows it until the next one comes. */
  exemplar(microseconds: number, traceId: string, at: number): void {
    const seconds = microseconds / 1e6
    const bound = BOUNDS.findIndex(bound => seconds <= bound)
    this.#exemplars ??= []
    this.#exemplars[bound < 0 ? BOUNDS.length : bound] = { seconds, traceId, at }
  }

  /** Of the bucket that ends at `BOUNDS[bound]`. */
  exemplarOf(bound: number): Exemplar | undefined {
    return this.#exemplars?.[bound]
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
