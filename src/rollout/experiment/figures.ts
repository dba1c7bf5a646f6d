import { formatDuration, formatPercent } from '../../core/index.ts'
import type { ExperimentMetric, Horizon } from './types.ts'

/** Of one arm: a mean as its metric is read. */
export function valueText(metric: ExperimentMetric, value: number): string {
  if (metric === 'accuracy' || metric === 'errors') return formatPercent(value)
  return metric === 'latency' ? formatDuration(value) : plain(value)
}

/** Of a difference: `+1.1 %`, or `+0.012` of a reward. */
export function differenceText(metric: ExperimentMetric, difference: number): string {
  const sign = difference < 0 ? '−' : '+'
  const size = Math.abs(difference)
  return `${sign}${metric === 'reward' ? plain(size) : formatPercent(size)}`
}

/** `an effect of 1 %` without its sign. */
export function effectText(metric: ExperimentMetric, effect: number): string {
  return metric === 'reward' ? plain(effect) : formatPercent(effect)
}

/** What its horizon counts. */
export function horizonText(metric: ExperimentMetric, horizon: Horizon): string {
  if (horizon.kind === 'time') return `after ${formatDuration(horizon.ms)}`
  return `at ${horizon.requests.toLocaleString('en')} ${unitOf(metric)}`
}

export function unitOf(metric: ExperimentMetric): string {
  if (metric === 'reward') return 'rewards'
  return metric === 'accuracy' ? 'labels' : 'requests'
}

function plain(value: number): string {
  return `${Number(value.toPrecision(4))}`
}
