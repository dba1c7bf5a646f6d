import { conv, depthwise, type Layout, transposedConv } from '../../channels-last/index.ts'
import type { Emitter, Size, Value } from '../../graph/types.ts'
import type { Convert, OpCall, OpTable } from '../op.ts'
import { input, invalid, listOf } from './emit.ts'
import { inFloat32, layoutOf, paddingOf, spatialOf } from './window.ts'

/** A convolution of as many spatial axes, without what is fused with it. */
export function convolved(call: OpCall, axes: number, kind: 'conv' | 'depthwise' = 'conv'): Value {
  const { emitter: b } = call
  const layout = layoutOf(call)
  const options = {
    strides: spatialOf(call, 'strides', layout, axes),
    dilations: spatialOf(call, 'dilations', layout, axes),
    padding: paddingOf(call, layout, axes),
    layout,
  }
  return inFloat32(b, [input(call, 0), input(call, 1)], ([x, kernel]) =>
    kind === 'conv' ? conv(b, x!, kernel!, options) : depthwise(b, x!, kernel!, options),
  )
}

/** A convolution's gradient, which is the transposed convolution: sizes of the output, kernel, image. */
const transposed =
  (axes: number): Convert =>
  call => {
    const { emitter: b } = call
    const layout = layoutOf(call)
    const strides = spatialOf(call, 'strides', layout, axes)
    const dilations = spatialOf(call, 'dilations', layout, axes)
    const padding = paddingOf(call, layout, axes)
    const given = input(call, 2)
    const wanted = sizesOf(b, input(call, 0), layout, axes)
    const image = spatialSizes(given, layout, axes)
    const cut = typeof padding === 'string' ? undefined : padding
    const extent = extents(wanted, image, strides, cut)
    const shared = { strides, dilations, layout, ...(extent && { extent }) }
    return inFloat32(b, [given, input(call, 1)], ([x, kernel]) => {
      if (typeof padding === 'string') return transposedConv(b, x!, kernel!, { ...shared, padding })
      const whole = transposedConv(b, x!, kernel!, { ...shared, padding: 'valid' })
      return uncovered(call, whole, padding, layout)
    })
  }

/** Sizes of the spatial axes: all of the output's, or those of the image only. */
function sizesOf(b: Emitter, sizes: Value, layout: Layout, axes: number): readonly Size[] {
  const known = listOf(b, sizes).known ?? []
  if (known.length === axes) return known
  return layout === 'channels-last' ? known.slice(1, -1) : known.slice(2)
}

function spatialSizes({ shape }: Value, layout: Layout, axes: number): readonly Size[] {
  if (!shape) return Array.from({ length: axes }, () => null)
  return layout === 'channels-last' ? shape.slice(1, -1) : shape.slice(2)
}

/** How far each axis goes beyond the last step; undefined where a size is free: then it is the usual. */
function extents(
  wanted: readonly Size[],
  image: readonly Size[],
  strides: readonly number[],
  cut: readonly (readonly [number, number])[] | undefined,
): readonly number[] | undefined {
  const each = strides.map((stride, i) => {
    const [out, size] = [wanted[i], image[i]]
    if (typeof out !== 'number' || typeof size !== 'number') return undefined
    const [before, after] = cut?.[i] ?? [0, 0]
    return out + before + after - (size - 1) * stride
  })
  return each.every(extent => extent !== undefined) ? each : undefined
}

/** Without what the padding of the convolution covered. */
function uncovered(
  call: OpCall,
  x: Value,
  padding: readonly (readonly [before: number, after: number])[],
  layout: Layout,
): Value {
  const { emitter: b } = call
  if (padding.some(pair => pair.some(n => n < 0)))
    throw invalid(`${call.op} '${call.name}' has a padding below 0`)
  const first = layout === 'channels-last' ? 1 : 2
  const starts = padding.map(([before]) => before)
  const ends = padding.map(([, after]) => (after === 0 ? 2 ** 31 - 1 : -after))
  return b.op('Slice', [x, b.ints(starts), b.ints(ends), b.ints(padding.map((_, i) => first + i))])
}

const FLOAT32_NOTE = 'float64 in the precision of float32'

export const convOps: OpTable = {
  Conv2D: { convert: call => convolved(call, 2), limits: FLOAT32_NOTE },
  Conv3D: { convert: call => convolved(call, 3), limits: FLOAT32_NOTE },
  DepthwiseConv2dNative: { convert: call => convolved(call, 2, 'depthwise'), limits: FLOAT32_NOTE },
  Conv2DBackpropInput: { convert: transposed(2), limits: FLOAT32_NOTE },
  Conv3DBackpropInputV2: { convert: transposed(3), limits: FLOAT32_NOTE },
}
