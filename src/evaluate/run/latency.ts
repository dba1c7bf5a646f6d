import type { Milliseconds, Tensors } from '../../core/index.ts'
import { percentile } from '../statistics/bootstrap.ts'
import type { Feeder } from './prepare.ts'

/** The first runs allocate and are slower; they are not counted. */
const WARM_UP = 10
const RUNS = 200
/** A model of a second a run is measured by fewer runs, at least so many. */
const LEAST_RUNS = 30
const BUDGET: Milliseconds = 20_000

export interface Latencies {
  readonly runs: number
  readonly latency_p50: Milliseconds
  readonly latency_p95: Milliseconds
  readonly latency_p99: Milliseconds
}

/** Single-example runs of the model alone, one after another, over a few examples in turn. */
export async function measureLatency(
  feeder: Feeder,
  examples: readonly Tensors[],
  signal?: AbortSignal,
): Promise<Latencies | undefined> {
  if (examples.length === 0) return undefined
  const times: number[] = []
  const begun = performance.now()
  for (let run = -WARM_UP; run < RUNS; run++) {
    signal?.throwIfAborted()
    const example = examples[(run + WARM_UP) % examples.length]!
    const start = performance.now()
    await feeder.run([example])
    const end = performance.now()
    if (run >= 0) times.push(end - start)
    if (times.length >= LEAST_RUNS && end - begun > BUDGET) break
  }
  const sorted = Float64Array.from(times).sort()
  return {
    runs: sorted.length,
    latency_p50: percentile(sorted, 0.5),
    latency_p95: percentile(sorted, 0.95),
    latency_p99: percentile(sorted, 0.99),
  }
}
