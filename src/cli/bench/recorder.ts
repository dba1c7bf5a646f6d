import { bucketMilliseconds, bucketUpperBound, latencyBucket, MAX_BUCKET } from '../../core/index.ts'
import type { Result } from './plan.ts'

/** Durations in buckets of 2 %, as the gateway counts them: a percentile is right within 1 %. */
export class Histogram {
  readonly #counts = new Uint32Array(MAX_BUCKET + 1)
  count = 0

  add(ms: number): void {
    this.#counts[latencyBucket(ms * 1000)]!++
    this.count++
  }

  /** Adds what `packed` gave elsewhere. */
  merge(packed: readonly number[]): this {
    for (let i = 0; i + 1 < packed.length; i += 2) {
      const bucket = Math.min(MAX_BUCKET, Math.max(0, packed[i]!))
      this.#counts[bucket]! += packed[i + 1]!
      this.count += packed[i + 1]!
    }
    return this
  }

  /** Milliseconds below which `part` of the durations lie; NaN without any. */
  quantile(part: number): number {
    if (this.count === 0) return Number.NaN
    const rank = Math.max(1, Math.ceil(part * this.count))
    let below = 0
    for (let bucket = 0; bucket <= MAX_BUCKET; bucket++) {
      below += this.#counts[bucket]!
      if (below >= rank) return bucketMilliseconds(bucket)
    }
    return bucketMilliseconds(MAX_BUCKET)
  }

  /** Buckets that hold something, with their upper ends in milliseconds. */
  *filled(): Iterable<{ readonly bucket: number; readonly upToMs: number; readonly count: number }> {
    for (const [bucket, count] of this.#counts.entries()) {
      if (count > 0) yield { bucket, upToMs: bucketUpperBound(bucket) / 1000, count }
    }
  }

  packed(): number[] {
    return [...this.filled()].flatMap(({ bucket, count }) => [bucket, count])
  }
}

interface Second {
  answered: number
  failed: number
  readonly latency: Histogram
}

/** One row of the timeline for each second; an hour has 3,600. */
const MAX_SECONDS = 7200

/** What a generator saw. */
export class Recorder {
  readonly #latency = new Histogram()
  readonly #service = new Histogram()
  readonly #lag = new Histogram()
  readonly #errors = new Map<string, number>()
  readonly #seconds: Second[] = []
  #maxMs = 0
  #sumMs = 0
  #intended = 0

  /** A request that was to be sent; `lagMs`: how late the generator looked. */
  intended(lagMs: number): void {
    this.#intended++
    this.#lag.add(Math.max(0, lagMs))
  }

  /**
   * `latencyMs` from when it was to be sent, `serviceMs` from when it was; `atMs`: when it was to be sent, from the
   * start. `error` where it failed.
   */
  ended(atMs: number, latencyMs: number, serviceMs: number, error: string | undefined): void {
    const second = this.#second(atMs)
    if (error !== undefined) {
      second.failed++
      this.#errors.set(error, (this.#errors.get(error) ?? 0) + 1)
      return
    }
    second.answered++
    second.latency.add(latencyMs)
    this.#latency.add(latencyMs)
    this.#service.add(serviceMs)
    this.#maxMs = Math.max(this.#maxMs, latencyMs)
    this.#sumMs += latencyMs
  }

  result(
    rest: Pick<Result, 'seconds' | 'bytesIn' | 'bytesOut'> & {
      readonly cpu: number
      readonly connections: number
    },
  ): Result {
    const { cpu, connections, ...measured } = rest
    return {
      ...measured,
      intended: this.#intended,
      answered: this.#latency.count,
      errors: Object.fromEntries(this.#errors),
      latency: this.#latency.packed(),
      service: this.#service.packed(),
      maxMs: this.#maxMs,
      sumMs: this.#sumMs,
      timeline: this.#seconds.map(({ answered, failed, latency }) => ({
        answered,
        failed,
        latency: latency.packed(),
      })),
      client: { cpu, connections, lagP99Ms: this.#lag.count === 0 ? 0 : this.#lag.quantile(0.99) },
    }
  }

  #second(atMs: number): Second {
    const index = Math.min(MAX_SECONDS - 1, Math.max(0, Math.floor(atMs / 1000)))
    while (this.#seconds.length <= index)
      this.#seconds.push({ answered: 0, failed: 0, latency: new Histogram() })
    return this.#seconds[index]!
  }
}
