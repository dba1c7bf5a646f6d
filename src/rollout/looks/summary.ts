import { formatDuration, formatPercent } from '../../core/index.ts'
import type { Metric, MetricDecision } from '../evidence/index.ts'

type Told = Pick<MetricDecision, 'canary' | 'baseline' | 'difference' | 'interval' | 'verdict'>
/** A quotient of latencies beyond this is no bound. */
const UNBOUNDED = 1e6

/** A metric as a sentence with its figures. `seen`: whether both arms had anything. */
export function summaryOf(metric: Metric, told: Told, seen: boolean): string {
  const { name, margin } = metric
  if (!seen) return `${name}: ${NOTHING[metric.kind]}: ${told.verdict}`
  const { canary, baseline, difference, interval, verdict } = told
  const bounds = `${signedPercent(difference)} [${interval.map(bound).join(', ')}]`
  const allowed = `allowed < ${formatPercent(margin)}: ${verdict}`
  switch (metric.kind) {
    case 'quantile':
      return `${name} ${formatDuration(canary)} vs ${formatDuration(baseline)} at baseline: ${bounds}, ${allowed}`
    case 'share':
      return `${name} ${formatPercent(canary)} ${bounds.slice(bounds.indexOf('['))}, ${allowed}`
    case 'distribution':
      return `${name} differ by ${formatPercent(difference)}, ${allowed}`
    default:
      return `${name} ${formatPercent(canary)} vs ${formatPercent(baseline)} at baseline: ${bounds}, ${allowed}`
  }
}

const NOTHING: Readonly<Record<Metric['kind'], string>> = {
  rate: 'no request yet in both arms',
  mean: 'no request yet in both arms',
  quantile: 'too few successful requests yet',
  paired: 'no label yet of what both answered',
  share: 'no answer of both yet',
  distribution: 'no answer yet in both arms',
}

function bound(value: number): string {
  return value > UNBOUNDED ? 'no bound yet' : signedPercent(value)
}

/** `+11.9 %`, `−3 %`. */
function signedPercent(fraction: number): string {
  const rounded = Number((fraction * 100).toFixed(Math.abs(fraction) < 0.1 ? 2 : 1))
  return `${rounded < 0 ? '−' : '+'}${Math.abs(rounded)} %`
}
