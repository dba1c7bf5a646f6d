import { formatPercent, formatSize } from '../../core/index.ts'
import { clean } from '../output/clean.ts'
import { table } from '../output/table.ts'
import type { Comparison, Measured } from './measure.ts'
import { type Optimized, SIMPLIFIED } from './optimize.ts'

/** Kept nodes that are listed; the rest is a number. */
const MAX_KEPT = 8

export function describeOptimized({
  change,
  simplified,
  constantInputs,
  changed,
  kept,
  left,
  comparison,
  files,
  resumed,
  peak,
}: Optimized): string {
  const size = files.reduce((sum, file) => sum + file.size, 0)
  const counts = `: ${changed.length.toLocaleString('en')} nodes changed, ${kept.length.toLocaleString('en')} kept`
  return [
    ...(simplified ? describeSimplified(simplified) : []),
    `${change}${change === SIMPLIFIED ? '' : counts} → ${formatSize(size)}`,
    ...describeKept(kept),
    ...(constantInputs ? describeInputs(constantInputs) : []),
    ...left.map(what => `note: left out ${what}`),
    ...(resumed === undefined ? [] : [`note: ${formatSize(resumed)} were there of a run that was stopped`]),
    ...(peak === undefined ? [] : [`note: took ${formatSize(peak)} of memory at most`]),
    ...(comparison ? ['', ...describeComparison(comparison)] : []),
  ].join('\n')
}

/** How many nodes are left, and which pass made how many fewer. */
function describeSimplified({
  nodes: { before, after },
  passes,
  kept,
}: NonNullable<Optimized['simplified']>): string[] {
  const parts = passes.map(({ name, removed }) => `${name} ${removed > 0 ? `−${removed}` : `+${-removed}`}`)
  const how = parts.length > 0 ? ` (${parts.join(', ')})` : ''
  return [`${before.toLocaleString('en')} nodes → ${after.toLocaleString('en')}${how}`, ...describeKept(kept)]
}

/** The first of them by name: old exporters list each weight. */
function describeInputs(names: readonly string[]): string[] {
  if (names.length === 0) return ['note: no initializer is listed among the inputs']
  const shown = names.slice(0, MAX_KEPT).map(clean).join(', ')
  const more = names.length > MAX_KEPT ? ` and ${names.length - MAX_KEPT} more` : ''
  return [`note: no inputs any more, but constants: ${shown}${more}`]
}

function describeKept(kept: Optimized['kept']): string[] {
  return [
    ...kept.slice(0, MAX_KEPT).map(({ node, op, why }) => `  kept ${op} ${clean(node)}: ${why}`),
    ...(kept.length > MAX_KEPT ? [`  … and ${kept.length - MAX_KEPT} more (--json lists them)`] : []),
  ]
}

function describeComparison({ original, variant, drift }: Comparison): string[] {
  const row = (name: string, { bytes, memory, load, latencyP50, latencyP99 }: Measured) => [
    name,
    formatSize(bytes),
    memory ? formatSize(memory.steady) : '–',
    memory ? formatSize(memory.peak) : '–',
    `${load.toFixed(0)} ms`,
    `${latencyP50.toFixed(3)} ms`,
    `${latencyP99.toFixed(3)} ms`,
  ]
  const ratio = (of: (measured: Measured) => number | undefined) => timesOf(of(variant), of(original))
  const slower = variant.latencyP50 > original.latencyP50
  return [
    table(
      ['', 'SIZE', 'MEMORY', 'PEAK', 'LOAD', 'P50', 'P99'],
      [
        row('original', original),
        row('variant', variant),
        [
          '',
          ratio(m => m.bytes),
          ratio(m => m.memory?.steady),
          ratio(m => m.memory?.peak),
          ratio(m => m.load),
          ratio(m => m.latencyP50),
          ratio(m => m.latencyP99),
        ],
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

/** `0.42 ×`; a dash where one is not known, or nothing was there to be compared with. */
function timesOf(part: number | undefined, whole: number | undefined): string {
  return part === undefined || whole === undefined || whole === 0 ? '–' : `${(part / whole).toFixed(2)} ×`
}
