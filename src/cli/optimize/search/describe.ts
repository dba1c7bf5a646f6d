import { formatSize } from '../../../core/index.ts'
import { type Evaluation, formatMetric, type MetricName } from '../../../evaluate/index.ts'
import { clean } from '../../output/clean.ts'
import { table } from '../../output/table.ts'
import { speedOf } from './search.ts'
import type { Search, Tried } from './types.ts'

/** Every variant with its size, speed, metrics and verdict, then which was written and why. */
export function describeSearch(search: Search, metrics: readonly MetricName[]): string {
  const shown = metrics.filter(name => name !== 'size' && !name.startsWith('latency'))
  const figures = ({ metrics: found }: Evaluation) =>
    shown.map(name => (found[name] === undefined ? '–' : formatMetric(name, found[name])))
  const first = search.tried.find(({ comparison }) => comparison)?.comparison?.original
  const rows = [
    [
      'original',
      formatSize(first?.bytes ?? search.original.metrics.size ?? 0),
      first?.memory ? formatSize(first.memory.steady) : '–',
      '1.00 ×',
      ...figures(search.original),
      '',
    ],
    ...search.tried.map(({ name, outcome, comparison, evaluation }) => [
      name === search.chosen ? `→ ${name}` : name,
      comparison ? formatSize(comparison.variant.bytes) : '–',
      comparison?.variant.memory ? formatSize(comparison.variant.memory.steady) : '–',
      comparison ? `${speedOf(comparison).toFixed(2)} ×` : '–',
      ...(evaluation ? figures(evaluation) : shown.map(() => '–')),
      outcome,
    ]),
  ]
  return [
    table(['VARIANT', 'SIZE', 'MEMORY', 'P50', ...shown.map(name => name.toUpperCase()), 'VERDICT'], rows),
    '',
    ...search.tried.flatMap(describeReasons),
    search.chosen
      ? `${search.chosen} is written: of those that passed and are no slower, the best`
      : 'The original stays: no variant passed its gates and was as fast',
    ...(search.peak === undefined ? [] : [`note: took ${formatSize(search.peak)} of memory at most`]),
  ].join('\n')
}

export function describeReasons({
  name,
  outcome,
  reason,
  repaired,
  comparison,
  gates = [],
}: Tried): string[] {
  if (reason !== undefined) return [`${name}: ${clean(reason)}`]
  if (outcome === 'passed' && comparison && speedOf(comparison) > 1)
    return [`${name}: passed, and is slower here: ${speedOf(comparison).toFixed(2)} × the original's p50`]
  if (repaired) return [`${name}: passed with ${repaired.map(clean).join(', ')} as in the original`]
  if (outcome === 'passed') return []
  return gates
    .filter(({ verdict }) => verdict === 'failed' || verdict === 'inconclusive')
    .map(({ summary }) => `${name}: ${summary}`)
}
