import { ClassTally } from '../metrics/classes.ts'
import { classCount } from '../metrics/quality.ts'
import { bootstrapInterval, type RowStatistic } from '../statistics/bootstrap.ts'
import { type Discordant, type Interval, wilsonInterval } from '../statistics/proportions.ts'
import type { EvaluationRows, MetricName } from '../types.ts'

export interface Estimate {
  readonly interval: Interval
  readonly method: string
}

/** Interval of one model's metric from its rows; undefined where the metric is not one of examples. */
export function metricInterval(
  metric: MetricName,
  rows: EvaluationRows,
  confidence: number,
): Estimate | undefined {
  if (metric === 'accuracy') {
    const right = rightAnswers(rows)
    return { interval: wilsonInterval(right, rows.truth.length, confidence), method: 'Wilson' }
  }
  const statistic = metricOf(metric, rows)
  return (
    statistic && {
      interval: bootstrapInterval(rows.truth.length, statistic, confidence),
      method: 'bootstrap',
    }
  )
}

/** Interval of candidate − production, the two answers to an example staying together. */
export function pairedInterval(
  metric: MetricName,
  candidate: EvaluationRows,
  production: EvaluationRows,
  confidence: number,
): Estimate | undefined {
  const [a, b] = [metricOf(metric, candidate), metricOf(metric, production)]
  if (!a || !b) return undefined
  const both: RowStatistic = {
    reset() {
      a.reset()
      b.reset()
    },
    add(row) {
      a.add(row)
      b.add(row)
    },
    value: () => a.value() - b.value(),
  }
  return { interval: bootstrapInterval(candidate.truth.length, both, confidence), method: 'paired bootstrap' }
}

export function discordantPairs(candidate: EvaluationRows, production: EvaluationRows): Discordant {
  let [onlyFirst, onlySecond] = [0, 0]
  for (let row = 0; row < candidate.truth.length; row++) {
    const first = candidate.predicted[row] === candidate.truth[row]
    const second = production.predicted[row] === production.truth[row]
    if (first && !second) onlyFirst++
    if (second && !first) onlySecond++
  }
  return { onlyFirst, onlySecond, total: candidate.truth.length }
}

function rightAnswers({ truth, predicted }: EvaluationRows): number {
  let right = 0
  for (let row = 0; row < truth.length; row++) if (truth[row] === predicted[row]) right++
  return right
}

function metricOf(metric: MetricName, rows: EvaluationRows): RowStatistic | undefined {
  switch (metric) {
    case 'precision_macro':
      return macroOf('precision', rows)
    case 'recall_macro':
      return macroOf('recall', rows)
    case 'f1_macro':
      return macroOf('f1', rows)
    case 'log_loss': {
      const { loss } = rows
      return loss && meanOf(row => loss[row]!)
    }
    case 'mae':
      return meanOf(row => Math.abs(rows.predicted[row]! - rows.truth[row]!))
    case 'rmse':
      return meanOf(row => (rows.predicted[row]! - rows.truth[row]!) ** 2, Math.sqrt)
    default:
      return undefined
  }
}

function macroOf(figure: 'precision' | 'recall' | 'f1', rows: EvaluationRows): RowStatistic {
  const tally = new ClassTally(classCount(rows, 0))
  return {
    reset: () => tally.reset(),
    add: row => tally.add(rows.truth[row]!, rows.predicted[row]!),
    value: () => tally.macro(figure),
  }
}

function meanOf(
  term: (row: number) => number,
  finish: (mean: number) => number = mean => mean,
): RowStatistic {
  let [sum, count] = [0, 0]
  return {
    reset() {
      sum = count = 0
    },
    add(row) {
      sum += term(row)
      count++
    },
    value: () => finish(sum / count),
  }
}
