import type { Comparison, Gate, GateResult } from '../types.ts'
import type { Evaluated } from './evaluated.ts'
import { metricInterval } from './intervals.ts'
import { formatMetric, unitOf } from './units.ts'

type Threshold = Extract<Gate, { kind: 'threshold' }>

/** A figure of fewer examples, or a percentile of fewer runs, is an anecdote. */
export const MIN_EXAMPLES = 30
/** Of the interval shown beside a threshold's figure. */
const CONFIDENCE = 0.95

/**
 * passed or failed by the figure itself, as whoever wrote the number means it; the 95 % interval is shown, not
 * judged by. Where the metric is missing, or comes of fewer than 30 examples or runs: inconclusive.
 */
export function judgeThreshold(gate: Threshold, { evaluation, rows }: Evaluated): GateResult {
  const { metric } = gate
  const value = evaluation.metrics[metric]
  if (value === undefined || !Number.isFinite(value)) {
    const summary = `${gate.text}: the evaluation has no ${metric}: inconclusive`
    return { gate, verdict: 'inconclusive', summary, missing: `${metric} was not measured` }
  }
  const n = sampleSize(gate, evaluation)
  const estimate = rows && rows.truth.length > 0 ? metricInterval(metric, rows, CONFIDENCE) : undefined
  const figures = { gate, value, ...(n !== undefined && { n }), ...estimate }
  const shown = `${metric} ${formatMetric(metric, value)}${estimate ? ` ${bounds(gate, estimate.interval)}` : ''}`
  const wanted = `needs ${gate.comparison} ${formatMetric(metric, gate.value)}`
  if (n !== undefined && n < MIN_EXAMPLES) {
    const missing = `${MIN_EXAMPLES - n} more ${unitOf(metric) === 'duration' ? 'runs' : 'examples'}`
    return {
      ...figures,
      verdict: 'inconclusive',
      missing,
      summary: `${shown} from ${n} only, ${wanted}: inconclusive`,
    }
  }
  const verdict = satisfies(value, gate.comparison, gate.value) ? 'passed' : 'failed'
  return { ...figures, verdict, summary: `${shown}, ${wanted}: ${verdict}` }
}

/** Examples behind a quality metric, runs behind a latency; the size is exact. */
function sampleSize({ metric }: Threshold, evaluation: Evaluated['evaluation']): number | undefined {
  switch (unitOf(metric)) {
    case 'duration':
      return evaluation.latency.runs
    case 'size':
      return undefined
    default:
      return evaluation.examples
  }
}

function bounds({ metric }: Threshold, [low, high]: readonly [number, number]): string {
  return `[${formatMetric(metric, low)}, ${formatMetric(metric, high)}]`
}

function satisfies(value: number, comparison: Comparison, threshold: number): boolean {
  switch (comparison) {
    case '>=':
      return value >= threshold
    case '<=':
      return value <= threshold
    case '>':
      return value > threshold
    case '<':
      return value < threshold
  }
}
