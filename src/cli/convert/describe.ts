import type { Coverage, OutputParity, Parity } from '../../convert/index.ts'
import { formatSize } from '../../core/index.ts'
import { clean } from '../output/clean.ts'
import { table } from '../output/table.ts'
import type { Converted } from './convert.ts'

/** What became of a model, for a terminal and a stage's summary. */
export function describeConverted({ format, what, files, nodes, notes, parity }: Converted): string[] {
  const size = files.reduce((sum, file) => sum + file.size, 0)
  return [
    `${format}${what === undefined ? '' : ` ${clean(what)}`} → ONNX: ${nodes.toLocaleString('en')} nodes, ${formatSize(size)}`,
    ...describeParity(parity),
    ...notes.map(note => `note: ${clean(note)}`),
  ]
}

export function describeParity({ verdict, samples, outputs, unchecked }: Parity): string[] {
  if (!samples) return ['parity: inconclusive, there are no samples with answers of the original']
  return [
    `parity: ${verdict} on ${samples.rows.toLocaleString('en')} ${samples.rows === 1 ? 'sample' : 'samples'} of ${clean(samples.name)}`,
    ...outputs.map(output => `  ${describeOutput(output)}`),
    ...unchecked.map(name => `  ${clean(name)}: not in the samples`),
  ]
}

function describeOutput(output: OutputParity): string {
  const { name, dtype, elements, mismatches, absolute, relative, rtol, first, shapes } = output
  const head = `${clean(name)} (${dtype})`
  if (shapes)
    return `${head}: the original gave the shape [${shapes.expected.join(', ')}], ONNX gives [${shapes.actual.join(', ')}]`
  const worst =
    absolute === 0
      ? mismatches === 0
        ? 'equal'
        : ''
      : `largest difference ${small(absolute)} absolute, ${small(relative)} relative`
  if (mismatches === 0) return `${head}: ${worst}${absolute === 0 ? '' : `, within ${small(rtol)}`}`
  const where =
    first && `; first at ${first.index}: expected ${clean(first.expected)}, found ${clean(first.actual)}`
  const beyond = `${mismatches.toLocaleString('en')} of ${elements.toLocaleString('en')} answers differ`
  return `${head}: ${beyond}${worst && `, ${worst}`}${where ?? ''}`
}

function small(value: number): string {
  if (value === 0) return '0'
  return value < 1e-3 ? value.toExponential(1) : value.toPrecision(2)
}

const SUPPORT = { full: 'yes', limits: 'with limits', refused: 'no' } as const

/** What is converted, framework by framework. */
export function describeCoverage(all: readonly Coverage[]): string {
  return all
    .map(({ title, formats, items }) => {
      const rows = items.map(({ name, support, note }) => [name, SUPPORT[support], note ?? ''])
      return `${title} (${formats.join(', ')}): ${items.length}\n${table(['Name', 'Converted', ''], rows)}`
    })
    .join('\n\n')
}
