import { formatDuration, formatPercent, formatSize } from '../../core/index.ts'
import { METRICS, type MetricName } from '../types.ts'

/** fraction: 0…1 or a percentage. duration: milliseconds. size: bytes. plain: a number in the data's own unit. */
export type MetricUnit = 'fraction' | 'plain' | 'duration' | 'size'

interface MetricFacts {
  readonly unit: MetricUnit
  readonly higherIsBetter: boolean
}

const FRACTION: MetricFacts = { unit: 'fraction', higherIsBetter: true }
const LOSS: MetricFacts = { unit: 'plain', higherIsBetter: false }
const LATENCY: MetricFacts = { unit: 'duration', higherIsBetter: false }

const FACTS: Readonly<Record<MetricName, MetricFacts>> = {
  accuracy: FRACTION,
  precision_macro: FRACTION,
  recall_macro: FRACTION,
  f1_macro: FRACTION,
  log_loss: LOSS,
  mae: LOSS,
  rmse: LOSS,
  latency_p50: LATENCY,
  latency_p95: LATENCY,
  latency_p99: LATENCY,
  size: { unit: 'size', higherIsBetter: false },
}

export function unitOf(metric: MetricName): MetricUnit {
  return FACTS[metric].unit
}

export function higherIsBetter(metric: MetricName): boolean {
  return FACTS[metric].higherIsBetter
}

export function isMetric(name: string): name is MetricName {
  return METRICS.some(metric => metric === name)
}

/** `97.84 %`, `4.2 ms`, `1.2 MB`, `0.0731`. */
export function formatMetric(metric: MetricName, value: number): string {
  const sign = value < 0 ? '−' : ''
  const size = Math.abs(value)
  switch (unitOf(metric)) {
    case 'fraction':
      return `${sign}${formatPercent(size)}`
    case 'duration':
      return size === 0 ? '0 ms' : `${sign}${formatDuration(size)}`
    case 'size':
      return `${sign}${formatSize(size)}`
    case 'plain':
      return `${sign}${Number(size.toPrecision(4))}`
  }
}

/** `+0.3 %`, `−1.2 ms`. */
export function formatChange(metric: MetricName, change: number): string {
  return `${change < 0 ? '' : '+'}${formatMetric(metric, change)}`
}
