import { bucketUpperBound } from '../../../core/index.ts'
import type { GatewayState } from '../state.ts'
import type { Series } from './series.ts'

/** Upper bounds in seconds that a histogram is told in: from a tiny model to a large one. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Prometheus text format 0.0.4. */
export function metricsText(state: GatewayState): string {
  const requests: string[] = []
  const durations: string[] = []
  for (const { model, environment, versionNumber, arm, series } of state.counters.all()) {
    const labels = `model="${model}",environment="${environment}",version="${versionNumber}",arm="${arm}"`
    for (const [status, count] of series.statuses) {
      requests.push(`ballast_requests_total{${labels},status="${status}"} ${count}`)
    }
    durations.push(...histogram('ballast_request_duration_seconds', labels, series))
  }
  const memory = process.memoryUsage.rss()
  const { user, system } = process.cpuUsage()
  return [
    ...family('ballast_requests_total', 'counter', 'Answered predictions.', requests),
    ...family(
      'ballast_request_duration_seconds',
      'histogram',
      'Time around the call of the replica, of successful predictions.',
      durations,
    ),
    ...gauge('ballast_requests_in_flight', 'Predictions that wait for a replica.', state.pool.inFlight),
    ...gauge('ballast_table_revision', 'Revision of the routing table in use.', state.revision),
    ...gauge('ballast_table_leased', 'Whether rollouts may take traffic: 1 yes, 0 no.', state.leased ? 1 : 0),
    ...gauge('process_resident_memory_bytes', 'Resident memory.', memory),
    ...family('process_cpu_seconds_total', 'counter', 'User and system time.', [
      `process_cpu_seconds_total ${(user + system) / 1e6}`,
    ]),
    '',
  ].join('\n')
}

function histogram(name: string, labels: string, series: Series): string[] {
  const counts = BOUNDS.map(() => 0)
  let total = 0
  for (const [bucket, count] of series.latency()) {
    total += count
    const at = BOUNDS.findIndex(bound => bucketUpperBound(bucket) <= bound * 1e6)
    if (at >= 0) counts[at]! += count
  }
  let below = 0
  const lines = BOUNDS.map((bound, i) => {
    below += counts[i]!
    return `${name}_bucket{${labels},le="${bound}"} ${below}`
  })
  lines.push(`${name}_bucket{${labels},le="+Inf"} ${total}`)
  lines.push(`${name}_sum{${labels}} ${series.seconds}`, `${name}_count{${labels}} ${total}`)
  return lines
}

function gauge(name: string, help: string, value: number): string[] {
  return family(name, 'gauge', help, [`${name} ${value}`])
}

function family(name: string, type: string, help: string, lines: readonly string[]): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines]
}
