import type { Emitter, Value } from '../graph/types.ts'
import { type ConvOptions, kernelShape } from './conv.ts'
import { axesOf, fromFirst, invalid, spatialRank, toFirst } from './layout.ts'
import { numbers, padsOf } from './padding.ts'
import { type Kernel, permuted } from './permuted.ts'

export interface TransposedConvOptions extends ConvOptions {
  readonly padding: 'same' | 'valid'
  /**
   * On each axis, how far the output goes beyond the last step: out = (in − 1) · stride + extent. Default: what
   * TensorFlow's layers take, stride for `same` and max(reach, stride) for `valid`, reach = (size − 1) · dilation + 1.
   */
  readonly extent?: readonly number[]
}

/**
 * A transposed convolution with TensorFlow's kernel `[…size, out, in]`. It undoes a convolution from `out` to `in`
 * with that padding, so of `reach` some max(reach − extent, 0) are cut off, the odd one behind.
 */
export function transposedConv(b: Emitter, x: Value, kernel: Kernel, options: TransposedConvOptions): Value {
  const shape = kernelShape(b, kernel)
  const rank = spatialRank(b, x, shape.length - 2)
  const [out, into] = [shape[rank]!, shape[rank + 1]!]
  const { layout = 'channels-last', bias } = options
  const { batch, channels, spatial } = axesOf(x, layout, rank)
  if (typeof channels === 'number' && channels !== into)
    throw invalid(
      `The kernel [${shape.join(', ')}] of ${b.source.kind} '${b.source.name}' doesn't fit an image of ${channels} channels`,
    )
  const size = shape.slice(0, rank)
  const { strides, dilations, extents, pads, more } = extentsOf(b, size, options)
  const weight = permuted(b, kernel, [rank + 1, rank, ...size.map((_, i) => i)])
  const y = b.op('ConvTranspose', [toFirst(b, x, layout, rank), weight, bias], {
    attributes: {
      kernel_shape: { ints: size },
      strides: { ints: strides },
      ...(dilations.some(d => d !== 1) && { dilations: { ints: dilations } }),
      ...padsOf(pads),
      ...(more.some(n => n > 0) && { output_padding: { ints: more } }),
    },
    types: [
      {
        dtype: x.dtype,
        shape: [
          batch,
          out,
          ...spatial.map((n, i) => (typeof n === 'number' ? (n - 1) * strides[i]! + extents[i]! : null)),
        ],
      },
    ],
  })
  return fromFirst(b, y, layout, rank)
}

function extentsOf(b: Emitter, size: readonly number[], options: TransposedConvOptions) {
  const rank = size.length
  const strides = numbers(b, 'strides', options.strides, rank)
  const dilations = numbers(b, 'dilations', options.dilations, rank)
  const reach = size.map((n, i) => (n - 1) * dilations[i]! + 1)
  const usual = reach.map((n, i) => (options.padding === 'same' ? strides[i]! : Math.max(n, strides[i]!)))
  const extents = numbers(b, 'sizes of the output', options.extent ?? usual, rank)
  const fits = extents.every((extent, i) => {
    const least = options.padding === 'same' ? 1 : reach[i]!
    return extent >= least && extent < least + strides[i]!
  })
  if (!fits)
    throw invalid(`No output of ${b.source.kind} '${b.source.name}' has the size that its padding asks for`)
  const pads = extents.map((extent, i) => {
    const total = Math.max(reach[i]! - extent, 0)
    return [Math.floor(total / 2), total - Math.floor(total / 2)] as const
  })
  return {
    strides,
    dilations,
    extents,
    pads,
    more: extents.map((extent, i) => Math.max(extent - reach[i]!, 0)),
  }
}
