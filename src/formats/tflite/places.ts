import type { Placer } from '../ports.ts'
import { openTflite } from './open.ts'

/** Buffers, under the name of the first tensor that has each; sparse ones are bytes without a shape of their own. */
export const placeTflite: Placer = async input => {
  const { constants } = await openTflite({ ...input, storedSize: input.source.size, wrapper: [] })
  return Array.from(constants).flatMap(([name, { data, dtype, shape, sparsity }]) => {
    if (!data || dtype === 'string') return []
    const bytes = data.end - data.start
    const what = sparsity ? { dtype: 'unknown' as const, shape: [bytes] } : { dtype, shape }
    return [{ name, ...what, offset: data.start, bytes }]
  })
}
