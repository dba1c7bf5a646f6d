import { formatSize } from '../../core/index.ts'
import type { ModelFile, TensorInfo, TensorStatistics } from '../../formats/index.ts'
import { clean } from '../output/clean.ts'
import { table } from '../output/table.ts'
import { shapeOf } from './describe.ts'

/** Characters of a histogram. */
const BAR_WIDTH = 20

export function tensorTable({ tensors }: ModelFile): string {
  const rows = tensors.map(tensor => [
    clean(tensor.name),
    tensor.dtype,
    shapeOf(tensor),
    tensor.bytes === undefined ? '–' : formatSize(tensor.bytes),
    storedAs(tensor),
  ])
  return table(['TENSOR', 'TYPE', 'SHAPE', 'SIZE', 'STORED'], rows)
}

function storedAs({ stored = [], role, quantization, fields }: TensorInfo): string {
  const words = [
    ...(role !== undefined && role !== 'parameter' ? [role] : []),
    ...stored,
    ...(quantization
      ? [`affine${quantization.scale.length > 1 ? ` × ${quantization.scale.length}` : ''}`]
      : []),
    ...(fields ? [`fields ${fields.map(({ name }) => clean(name)).join(' ')}`] : []),
  ]
  return words.join(', ')
}

type Figures = Omit<TensorStatistics, 'name' | 'dtype' | 'shape' | 'notes'>

/** One row for each tensor, and one for all. `barOf` draws counts as a bar of so many characters. */
export function statisticsTable(
  rows: readonly TensorStatistics[],
  total: Figures,
  barOf: (counts: readonly number[], width: number) => string,
): string {
  const row = (name: string, type: string, stats: Figures) => [
    name,
    type,
    figure(stats.mean),
    figure(stats.std),
    figure(stats.min),
    figure(stats.max),
    stats.zeros.toLocaleString('en'),
    (stats.nans + stats.positiveInfinities + stats.negativeInfinities).toLocaleString('en'),
    barOf(stats.histogram.counts, BAR_WIDTH),
  ]
  return table(
    ['TENSOR', 'TYPE', 'MEAN', 'STD', 'MIN', 'MAX', 'ZEROS', 'NAN/INF', 'MIN … MAX'],
    [
      ...rows.map(stats => row(clean(stats.name), `${stats.dtype}${shapeOf(stats)}`, stats)),
      row('all', `${total.count.toLocaleString('en')} numbers`, total),
    ],
  )
}

function figure(value: number | string | undefined): string {
  if (value === undefined) return '–'
  if (typeof value === 'string') return value
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6)) return value.toExponential(3)
  return String(Number(value.toPrecision(5)))
}
