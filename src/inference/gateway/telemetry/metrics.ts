import { bucketUpperBound } from '../../../core/index.ts'
import type { GatewayState } from '../state.ts'
import type { SeriesName } from './counters.ts'
import { CONTENT_TYPE, formatFor, type HistogramPoint, type Metric, type Point, write } from './exposition.ts'
import { BOUNDS, type Series } from './series.ts'

/** `text` is for the header `content-type: type`. */
export interface Exposition {
  readonly type: string
  readonly text: string
}

const LABELS = ['model', 'environment', 'version', 'arm']

/** All metrics of a gateway, in the format that the scraper's `Accept` header asks for. */
export function expose(state: GatewayState, accept?: string): Exposition {
  const format = formatFor(accept)
  return { type: CONTENT_TYPE[format], text: write([...metricsOf(state)], format) }
}

function* metricsOf(state: GatewayState): Iterable<Metric> {
  yield* predictions([...state.counters.all()])
  yield gauge('ballast_requests_in_flight', 'Predictions that wait for a replica.', state.pool.inFlight)
  yield gauge('ballast_table_revision', 'Revision of the routing table in use.', state.revision)
  const leased = state.leased ? 1 : 0
  yield gauge('ballast_table_leased', 'Whether rollouts may take traffic: 1 yes, 0 no.', leased)
  for (const { name, kind, help, labelNames, samples } of families(state)) {
    yield { name, kind, help, labelNames, points: samples }
  }
  yield* processMetrics()
}

function* families({ counters }: GatewayState) {
  for (const family of counters.registry.families()) {
    const { name, kind, help, labelNames } = family
    yield { name, kind, help, labelNames, samples: family.samples() }
  }
}

function* predictions(all: readonly (SeriesName & { readonly series: Series })[]): Iterable<Metric> {
  yield {
    name: 'ballast_requests',
    kind: 'counter',
    help: 'Answered predictions.',
    labelNames: [...LABELS, 'status'],
    points: all.flatMap(each =>
      [...each.series.statuses].map(
        ([status, value]): Point => ({ labels: [...labelsOf(each), String(status)], value }),
      ),
    ),
  }
  yield {
    name: 'ballast_request_duration_seconds',
    kind: 'histogram',
    unit: 'seconds',
    help: 'Time around the call of the replica, of successful predictions.',
    labelNames: LABELS,
    points: all.map(each => histogram(labelsOf(each), each.series)),
  }
}

function labelsOf({ model, environment, versionNumber, arm }: SeriesName): readonly string[] {
  return [model, environment, String(versionNumber), arm]
}

/** A fine bucket counts below the first bound that its upper edge does not pass: late by 2 % at most. */
function histogram(labels: readonly string[], series: Series): HistogramPoint {
  const counts = new Array<number>(BOUNDS.length + 1).fill(0)
  for (const [bucket, count] of series.latency()) {
    const at = BOUNDS.findIndex(bound => bucketUpperBound(bucket) <= bound * 1e6)
    counts[at < 0 ? BOUNDS.length : at]! += count
  }
  let below = 0
  const buckets = [...BOUNDS, Number.POSITIVE_INFINITY].map((bound, i) => {
    below += counts[i]!
    return { bound, below, exemplar: series.exemplarOf(i) }
  })
  return { labels, buckets, sum: series.seconds, count: below }
}

function* processMetrics(): Iterable<Metric> {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  const { active } = performance.eventLoopUtilization()
  yield gauge('process_resident_memory_bytes', 'Resident memory.', rss, 'bytes')
  yield gauge('process_heap_bytes', "The JavaScript heap's part in use.", heapUsed, 'bytes')
  yield gauge(
    'process_start_time_seconds',
    'When it started, since 1970.',
    performance.timeOrigin / 1000,
    'seconds',
  )
  yield counter('process_cpu_seconds', 'User and system time.', (user + system) / 1e6)
  yield counter(
    'process_event_loop_busy_seconds',
    'Time in which the event loop did not wait.',
    active / 1000,
  )
}

function gauge(name: string, help: string, value: number, unit?: 'seconds' | 'bytes'): Metric {
  return { name, kind: 'gauge', help, unit, labelNames: [], points: [{ labels: [], value }] }
}

function counter(name: string, help: string, value: number): Metric {
  return { name, kind: 'counter', help, unit: 'seconds', labelNames: [], points: [{ labels: [], value }] }
}
