/** What a load generator saw, printed as one line of JSON. */
export interface LoadResult {
  readonly requests: number
  readonly failures: number
  readonly seconds: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** `latencies` in milliseconds, in any order; `started` on the monotonic clock. */
export function resultOf(latencies: readonly number[], failures: number, started: number): LoadResult {
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (part: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
  const seconds = (performance.now() - started) / 1000
  return { requests: sorted.length, failures, seconds, p50: at(0.5), p99: at(0.99), max: at(1) }
}
