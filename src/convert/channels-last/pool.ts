import type { Attributes, Emitter, Value } from '../graph/types.ts'
import { axesOf, fromFirst, type Layout, spatialRank, toFirst } from './layout.ts'
import { type Padding, slide, type Window } from './padding.ts'

export type Pooling = 'max' | 'average'

const OPS = { max: 'MaxPool', average: 'AveragePool' } as const
const GLOBAL = { max: 'GlobalMaxPool', average: 'GlobalAveragePool' } as const

/** The largest or the mean of each window of `size`; zeros of the padding take no part. */
export function pool(
  b: Emitter,
  x: Value,
  kind: Pooling,
  options: Window & { readonly size: readonly number[] },
): Value {
  const { size, layout = 'channels-last' } = options
  const rank = spatialRank(b, x, size.length)
  const { batch, channels, spatial } = axesOf(x, layout, rank)
  const { sizes, attributes } = slide(b, spatial, size, options)
  const y = b.op(OPS[kind], [toFirst(b, x, layout, rank)], {
    attributes: kind === 'max' ? unfused(attributes, options.padding) : attributes,
    types: [{ dtype: x.dtype, shape: [batch, channels, ...sizes] }],
  })
  return fromFirst(b, y, layout, rank)
}

/**
 * ONNX Runtime 1.30 takes zeros that a Pad puts in front of a MaxPool for the pool's own padding, which is never the
 * largest: of negative pixels it gives another result. It leaves those alone whose padding it is to work out itself.
 */
function unfused(attributes: Attributes, padding: Padding): Attributes {
  if (padding !== 'same' && padding !== 'valid') return attributes
  const { pads: _, ...others } = attributes
  return { ...others, auto_pad: { text: padding === 'same' ? 'SAME_UPPER' : 'VALID' } }
}

/** The largest or the mean over all spatial axes: `[N, C]`, or of rank `x`'s with `keepAxes`. */
export function globalPool(
  b: Emitter,
  x: Value,
  kind: Pooling,
  options: { readonly layout?: Layout; readonly keepAxes?: boolean } = {},
): Value {
  const { layout = 'channels-last', keepAxes = false } = options
  const rank = spatialRank(b, x)
  const { batch, channels } = axesOf(x, layout, rank)
  const ones = Array.from<number>({ length: rank }).fill(1)
  const y = b.op(GLOBAL[kind], [toFirst(b, x, layout, rank)], {
    types: [{ dtype: x.dtype, shape: [batch, channels, ...ones] }],
  })
  if (keepAxes) return fromFirst(b, y, layout, rank)
  return b.op('Squeeze', [y, b.ints(ones.map((_, i) => i + 2))], {
    types: [{ dtype: x.dtype, shape: [batch, channels] }],
  })
}
