import type { GatewayState } from '../state.ts'
import type { CounterFamily } from '../telemetry/registry.ts'

/** Counters that are counted where it happens. */
export interface TrafficCounters {
  readonly retries: CounterFamily
  readonly refusals: CounterFamily
}

/** What is told of the traffic beside the answers. */
export function trafficFamilies(
  state: Pick<GatewayState, 'counters' | 'pool' | 'waiting' | 'mirrors'>,
): TrafficCounters {
  const { registry } = state.counters
  registry.gauge(
    'ballast_replica_ejected',
    'Whether a replica gets no requests as it failed.',
    ['replica'],
    () =>
      [...state.pool.links()].map(({ replica, breaker }) => ({
        labels: [replica],
        value: breaker.open ? 1 : 0,
      })),
  )
  registry.gauge('ballast_requests_waiting', 'Predictions that wait for a replica to be there.', [], () => [
    { labels: [], value: state.waiting.size },
  ])
  const mirrored = (name: 'pairs' | 'identical' | 'agreed' | 'dropped' | 'mirrorErrors') => () =>
    [...state.mirrors.agreements.totals()].map(each => ({
      labels: [each.environment, each.model, each.primary, each.mirror],
      value: each[name],
    }))
  const labels = ['environment', 'model', 'primary', 'mirror']
  registry.counted('ballast_mirror_pairs', 'Requests that a mirror answered too.', labels, mirrored('pairs'))
  registry.counted(
    'ballast_mirror_identical',
    'Pairs whose answers are the same to the byte.',
    labels,
    mirrored('identical'),
  )
  registry.counted('ballast_mirror_agreed', 'Pairs that decide the same.', labels, mirrored('agreed'))
  registry.counted('ballast_mirror_errors', 'Errors of mirrors.', labels, mirrored('mirrorErrors'))
  registry.counted(
    'ballast_mirror_dropped',
    'Requests that a busy mirror did not get.',
    labels,
    mirrored('dropped'),
  )
  const names = ['environment', 'model', 'reason']
  return {
    retries: registry.counter(
      'ballast_retries',
      'Requests sent a second time, or not for want of budget.',
      names,
    ),
    refusals: registry.counter('ballast_requests_limited', 'Requests refused by a rate or a quota.', names),
  }
}
