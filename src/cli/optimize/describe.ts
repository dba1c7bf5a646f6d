import { formatPercent, formatSize } from '../../core/index.ts'
import { type Evaluation, formatMetric, type MetricName } from '../../evaluate/index.ts'
import { clean } from '../output/clean.ts'
import { table } from '../output/table.ts'
import type { Comparison, Measured } from './measure.ts'
import type { Optimized } from './optimize.ts'
import { type Search, speedOf, type Tried } from './search.ts'

/** Kept nodes that are listed; the rest is a number. */
const MAX_KEPT = 8

export function describeOptimized({
  change,
  changed,
  kept,
  left,
  comparison,
  files,
  resumed,
}: Optimized): string {
  const size = files.reduce((sum, file) => sum + file.size, 0)
  return [
    `${change}: ${changed.length.toLocaleString('en')} nodes changed, ${kept.length.toLocaleString('en')} kept → ${formatSize(size)}`,
    ...kept.slice(0, MAX_KEPT).map(({ node, op, why }) => `  kept ${op} ${clean(node)}: ${why}`),
    ...(kept.length > MAX_KEPT ? [`  … and ${kept.length - MAX_KEPT} more (--json lists them)`] : []),
    ...left.map(what => `note: left out ${what}`),
    ...(resumed === undefined ? [] : [`note: ${formatSize(resumed)} were there of a run that was stopped`]),
    ...(comparison ? ['', ...describeComparison(comparison)] : []),
  ].join('\n')
}

function describeComparison({ original, variant, drift }: Comparison): string[] {
  const row = (name: string, { bytes, load, latencyP50, latencyP99 }: Measured) => [
    name,
    formatSize(bytes),
    `${load.toFixed(0)} ms`,
    `${latencyP50.toFixed(3)} ms`,
    `${latencyP99.toFixed(3)} ms`,
  ]
  const ratio = (of: (measured: Measured) => number) => `${(of(variant) / of(original)).toFixed(2)} ×`
  const slower = variant.latencyP50 > original.latencyP50
  return [
    table(
      ['', 'SIZE', 'LOAD', 'P50', 'P99'],
      [
        row('original', original),
        row('variant', variant),
        ['', ratio(m => m.bytes), ratio(m => m.load), ratio(m => m.latencyP50), ratio(m => m.latencyP99)],
      ],
    ),
    '',
    ...drift.map(
      ({ output, largest, relative, sameBest }) =>
        `${clean(output)}: largest difference ${largest.toPrecision(2)} (${formatPercent(relative)} of the largest answer), ${formatPercent(sameBest)} with the same best place`,
    ),
    `on ${variant.runs.toLocaleString('en')} made-up inputs: judge it on data with \`ballast evaluate\``,
    ...(slower ? ['It is slower than the original on this machine: smaller is all that it is.'] : []),
  ]
}

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
      '1.00 ×',
      ...figures(search.original),
      '',
    ],
    ...search.tried.map(({ name, outcome, comparison, evaluation }) => [
      name === search.chosen ? `→ ${name}` : name,
      comparison ? formatSize(comparison.variant.bytes) : '–',
      comparison ? `${speedOf(comparison).toFixed(2)} ×` : '–',
      ...(evaluation ? figures(evaluation) : shown.map(() => '–')),
      outcome,
    ]),
  ]
  return [
    table(['VARIANT', 'SIZE', 'P50', ...shown.map(name => name.toUpperCase()), 'VERDICT'], rows),
    '',
    ...search.tried.flatMap(describeReasons),
    search.chosen
      ? `${search.chosen} is written: of those that passed and are no slower, the best`
      : 'The original stays: no variant passed its gates and was as fast',
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
