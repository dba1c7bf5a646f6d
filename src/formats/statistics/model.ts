import { type Moments, MomentsTotal } from '../../kernels/index.ts'
import { FormatsError } from '../errors.ts'
import type { OpenModel } from '../ports.ts'
import type { TensorInfo } from '../types.ts'
import { decoderOf } from '../values/index.ts'
import { BINS, summaryOf } from './summary.ts'
import { describe, TensorCounter } from './tensor.ts'
import type { ModelStatistics, TensorStatistics } from './types.ts'

/** More are no news: a diverged model has NaNs everywhere. */
const MAX_NOTES = 20

export interface ModelStatisticsOptions {
  /** Takes each tensor's statistics as soon as it is read, in the order of the file. */
  readonly onTensor?: (statistics: TensorStatistics) => void | Promise<void>
  readonly bins?: number
}

/**
 * Statistics of every tensor, and of all parameters together. Each tensor is read once, one after the other, with
 * memory that does not grow with them. A tensor that the reader cannot give (FORMAT_UNSUPPORTED: no bytes in the file,
 * a filter that is not read, nulls) is left out, with a note. Throws what else `readTensor` throws.
 */
export async function statisticsOfModel(
  model: OpenModel,
  { onTensor, bins = BINS }: ModelStatisticsOptions = {},
): Promise<ModelStatistics> {
  const counter = new TensorCounter()
  const total = new MomentsTotal()
  const skipped: Pick<TensorInfo, 'name' | 'dtype'>[] = []
  const notes: string[] = []
  let tensors = 0
  const { tensors: all } = (await model.whole?.()) ?? model.file
  for (const info of all) {
    if (!decoderOf(info.dtype)) {
      skipped.push({ name: info.name, dtype: info.dtype })
      continue
    }
    const moments = await readable(counter.momentsOf(model, info))
    if (moments instanceof FormatsError) {
      skipped.push({ name: info.name, dtype: info.dtype })
      notes.push(`${info.name}: not counted: ${moments.message}`)
      continue
    }
    const statistics = describe(info, moments, bins)
    await onTensor?.(statistics)
    if (info.role === 'optimizer' || info.role === 'data') continue
    tensors++
    total.add(moments)
    notes.push(...statistics.notes.map(note => `${info.name}: ${note}`))
  }
  return { tensors, ...summaryOf(total.moments, bins), skipped, notes: shortened(notes) }
}

async function readable(counting: Promise<Moments>): Promise<Moments | FormatsError> {
  try {
    return await counting
  } catch (cause) {
    if (cause instanceof FormatsError && cause.code === 'FORMAT_UNSUPPORTED') return cause
    throw cause
  }
}

function shortened(notes: readonly string[]): readonly string[] {
  if (notes.length <= MAX_NOTES) return notes
  return [...notes.slice(0, MAX_NOTES), `and ${notes.length - MAX_NOTES} more`]
}
