import type { Emitter, Value } from '../graph/types.ts'
import { fromFirst, type Layout, toFirst } from './layout.ts'

/** Statistics and weights of each channel: `[C]`. */
export interface ChannelStatistics {
  readonly scale: Value
  readonly offset: Value
  readonly mean: Value
  readonly variance: Value
  readonly epsilon: number
}

/** (x − mean) / √(variance + epsilon) · scale + offset, by channel; of any rank that is known, from 2 axes. */
export function batchNorm(
  b: Emitter,
  x: Value,
  { scale, offset, mean, variance, epsilon }: ChannelStatistics,
  layout: Layout = 'channels-last',
): Value {
  const rank = (x.shape?.length ?? 4) - 2
  const first = rank > 0 ? toFirst(b, x, layout, rank) : x
  const y = b.op('BatchNormalization', [first, scale, offset, mean, variance], {
    attributes: { epsilon: { float: epsilon } },
    types: [{ dtype: x.dtype, ...(first.shape && { shape: first.shape }) }],
  })
  return rank > 0 ? fromFirst(b, y, layout, rank) : y
}
