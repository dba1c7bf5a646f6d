import { failing } from '../errors.ts'
import type { Emitter, Shape, Size, Value } from '../graph/types.ts'

/** Where the channels of an image stand: `[N, …spatial, C]` or `[N, C, …spatial]`. */
export type Layout = 'channels-last' | 'channels-first'

export const invalid = failing('CONVERT_INVALID', 'The model file contradicts itself; save it again.')

/** ONNX's image ops have 1, 2 or 3 spatial axes here. Throws CONVERT_INVALID for other ranks. */
export function spatialRank(b: Emitter, x: Value, expected?: number): number {
  const rank = expected ?? (x.shape === undefined ? Number.NaN : x.shape.length - 2)
  const fits = x.shape === undefined || x.shape.length === rank + 2
  if (!fits || !(rank >= 1 && rank <= 3))
    throw invalid(
      `${b.source.kind} '${b.source.name}' takes images of ${expected ?? '1 to 3'} spatial axes, and gets shape ${shapeText(x.shape)}`,
    )
  return rank
}

export function shapeText(shape: Shape | undefined): string {
  return shape ? `[${shape.map(size => size ?? '?').join(', ')}]` : 'of unknown rank'
}

/** `[N, C, …spatial]` of an image in `layout`. */
export function toFirst(b: Emitter, x: Value, layout: Layout, rank: number): Value {
  return layout === 'channels-first' ? x : transpose(b, x, firstOrder(rank))
}

/** An image with its channels first, given in `layout`. */
export function fromFirst(b: Emitter, x: Value, layout: Layout, rank: number): Value {
  return layout === 'channels-first' ? x : transpose(b, x, lastOrder(rank))
}

/** The axes of an image as `layout` has them: none of them known where the rank is not. */
export function axesOf(
  { shape }: Value,
  layout: Layout,
  rank: number,
): { readonly batch: Size; readonly channels: Size; readonly spatial: Shape } {
  const sizes = shape ?? Array.from<Size>({ length: rank + 2 }).fill(null)
  const [batch = null] = sizes
  return layout === 'channels-first'
    ? { batch, channels: sizes[1] ?? null, spatial: sizes.slice(2) }
    : { batch, channels: sizes.at(-1) ?? null, spatial: sizes.slice(1, -1) }
}

export function transpose(b: Emitter, x: Value, order: readonly number[]): Value {
  const { dtype, shape } = x
  const type = { dtype, ...(shape && { shape: order.map(axis => shape[axis] ?? null) }) }
  return b.op('Transpose', [x], { attributes: { perm: { ints: order } }, types: [type] })
}

/** `[0, 3, 1, 2]` of two spatial axes. */
const firstOrder = (rank: number): number[] => [0, rank + 1, ...Array.from({ length: rank }, (_, i) => i + 1)]

/** `[0, 2, 3, 1]` of two spatial axes. */
const lastOrder = (rank: number): number[] => [0, ...Array.from({ length: rank }, (_, i) => i + 2), 1]
