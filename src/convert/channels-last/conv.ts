import type { Emitter, Size, Value } from '../graph/types.ts'
import { axesOf, fromFirst, invalid, shapeText, spatialRank, toFirst } from './layout.ts'
import { slide, type Window } from './padding.ts'
import { type Kernel, permuted } from './permuted.ts'

export interface ConvOptions extends Window {
  /** `[out]`. */
  readonly bias?: Value
}

/**
 * A convolution with TensorFlow's kernel `[…size, in / groups, out]`; as many groups as the image's channels say.
 * Throws CONVERT_INVALID for shapes that don't fit.
 */
export function conv(b: Emitter, x: Value, kernel: Kernel, options: ConvOptions): Value {
  const shape = kernelShape(b, kernel)
  const rank = spatialRank(b, x, shape.length - 2)
  const [into, out] = [shape[rank]!, shape[rank + 1]!]
  const { channels } = axesOf(x, options.layout ?? 'channels-last', rank)
  const group = typeof channels === 'number' ? channels / into : 1
  if (!Number.isInteger(group) || group < 1 || out % group !== 0) throw unfit(b, shape, channels)
  const spatial = Array.from({ length: rank }, (_, i) => i)
  const weight = permuted(b, kernel, [rank + 1, rank, ...spatial])
  return emit(b, x, weight, { ...options, rank, out, group, size: shape.slice(0, rank) })
}

/** Each channel by its own kernels: `[…size, in, multiplier]`, giving in · multiplier channels. */
export function depthwise(b: Emitter, x: Value, kernel: Kernel, options: ConvOptions): Value {
  const shape = kernelShape(b, kernel)
  const rank = spatialRank(b, x, shape.length - 2)
  const [into, multiplier] = [shape[rank]!, shape[rank + 1]!]
  const { channels } = axesOf(x, options.layout ?? 'channels-last', rank)
  if (typeof channels === 'number' && channels !== into) throw unfit(b, shape, channels)
  const spatial = Array.from({ length: rank }, (_, i) => i)
  const size = shape.slice(0, rank)
  const out = into * multiplier
  const weight = permuted(b, kernel, [rank, rank + 1, ...spatial], [out, 1, ...size])
  return emit(b, x, weight, { ...options, rank, out, group: into, size })
}

interface Emitted extends ConvOptions {
  readonly rank: number
  readonly out: number
  readonly group: number
  readonly size: readonly number[]
}

function emit(b: Emitter, x: Value, weight: Value, options: Emitted): Value {
  const { rank, out, group, size, bias, layout = 'channels-last' } = options
  const { batch, spatial } = axesOf(x, layout, rank)
  const { sizes, attributes } = slide(b, spatial, size, options)
  if (bias && (bias.shape?.length !== 1 || bias.shape[0] !== out))
    throw invalid(
      `The bias of ${b.source.kind} '${b.source.name}' has shape ${shapeText(bias.shape)}; [${out}] fits its kernel`,
    )
  const y = b.op('Conv', [toFirst(b, x, layout, rank), weight, bias], {
    attributes: { ...attributes, group: { int: group } },
    types: [{ dtype: x.dtype, shape: [batch, out, ...sizes] }],
  })
  return fromFirst(b, y, layout, rank)
}

/** Throws CONVERT_INVALID where a kernel's sizes are not all known, or one is 0. */
export function kernelShape(b: Emitter, { shape }: Kernel): readonly number[] {
  const sizes = (shape ?? []).filter(size => typeof size === 'number')
  if (!shape || sizes.length !== shape.length || sizes.length < 3 || sizes.some(size => size < 1))
    throw invalid(`The kernel of ${b.source.kind} '${b.source.name}' has shape ${shapeText(shape)}`)
  return sizes
}

function unfit(b: Emitter, shape: readonly number[], channels: Size) {
  return invalid(
    `The kernel [${shape.join(', ')}] of ${b.source.kind} '${b.source.name}' doesn't fit an image of ${channels} channels`,
  )
}
