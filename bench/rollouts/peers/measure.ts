/** What a monitoring system shows of a stretch of looks: one figure of each metric and arm. */
import type { Look, Scenario, StreamLook } from '../../../src/rollout/index.ts'

/** Undefined where nothing was measured. */
export interface Measurement {
  readonly canary: number | undefined
  readonly baseline: number | undefined
}

type Arm = 'canary' | 'baseline'

/** Metrics that a peer can ask for: pairs of answers and distributions over categories are none of theirs. */
export function seenByPeers({ metrics }: Scenario): readonly number[] {
  return metrics.flatMap(({ metric }, i) =>
    metric.kind === 'paired' || metric.kind === 'distribution' ? [] : [i],
  )
}

export function measure(looks: readonly StreamLook[], metrics: readonly number[]): readonly Measurement[] {
  return metrics.map(metric => {
    const stretch = looks.map(({ looks: all }) => all[metric]!)
    return { canary: figureOf(stretch, 'canary'), baseline: figureOf(stretch, 'baseline') }
  })
}

function figureOf(stretch: readonly Look[], arm: Arm): number | undefined {
  let [sum, total] = [0, 0]
  const latencies = new Map<number, number>()
  for (const look of stretch) {
    if (look.kind === 'rate') {
      sum += look[arm].count
      total += look[arm].total
    } else if (look.kind === 'mean') {
      for (const [value, count] of look[arm]) {
        sum += value * count
        total += count
      }
    } else if (look.kind === 'quantile') {
      for (const [bucket, count] of Object.entries(look[arm])) {
        latencies.set(Number(bucket), (latencies.get(Number(bucket)) ?? 0) + count)
        total += count
      }
    }
  }
  if (total === 0) return undefined
  return latencies.size > 0 ? percentile(latencies, total) : sum / total
}

/** The bucket of the 99th percentile: a logarithm of the latency. */
function percentile(latencies: ReadonlyMap<number, number>, total: number): number {
  let below = 0
  for (const [bucket, count] of [...latencies].sort(([a], [b]) => a - b)) {
    below += count
    if (below >= 0.99 * total) return bucket
  }
  return Number.NaN
}
