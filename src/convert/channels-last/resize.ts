import type { Emitter, Shape, Value } from '../graph/types.ts'
import { axesOf, fromFirst, type Layout, spatialRank, toFirst } from './layout.ts'
import { numbers } from './padding.ts'

export interface ResizeOptions {
  /**
   * Of the output's spatial axes: sizes, or an int64 value of as many elements as there are axes; or what the input's
   * sizes are multiplied with.
   */
  readonly sizes: readonly number[] | Value | { readonly factors: readonly number[] }
  readonly mode: 'nearest' | 'linear' | 'cubic'
  /**
   * Where output pixel x lies in the input, by scale = in / out. `half-pixel`: (x + ½) · scale − ½. `asymmetric`:
   * x · scale. `align-corners`: x · (in − 1) / (out − 1).
   */
  readonly coordinates: 'half-pixel' | 'asymmetric' | 'align-corners'
  /** Of `nearest`. Default: `floor`. */
  readonly nearest?: 'floor' | 'ceil' | 'round-prefer-floor' | 'round-prefer-ceil'
  /** Of `cubic`: the coefficient a of Keys' kernel. Default: −0.5. */
  readonly cubic?: number
  /** Of `cubic`: weights outside of the image are 0, and the others sum to 1. */
  readonly excludeOutside?: boolean
  readonly antialias?: boolean
  readonly layout?: Layout
}

/** An image of other sizes. */
export function resize(b: Emitter, x: Value, options: ResizeOptions): Value {
  const { layout = 'channels-last', mode, coordinates } = options
  const rank = spatialRank(b, x)
  const { batch, channels, spatial } = axesOf(x, layout, rank)
  const given = toFirst(b, x, layout, rank)
  const first = mode === 'cubic' ? alone(b, given) : given
  const { inputs, sizes } = target(b, first, options.sizes, spatial)
  const y = b.op('Resize', [first, undefined, ...inputs], {
    attributes: {
      mode: { text: mode },
      coordinate_transformation_mode: { text: coordinates.replace('-', '_') },
      ...(mode === 'nearest' && {
        nearest_mode: { text: (options.nearest ?? 'floor').replaceAll('-', '_') },
      }),
      ...(mode === 'cubic' && { cubic_coeff_a: { float: options.cubic ?? -0.5 } }),
      ...(options.excludeOutside && { exclude_outside: { int: 1 } }),
      ...(options.antialias && { antialias: { int: 1 } }),
    },
    types: [{ dtype: x.dtype, shape: [first.shape?.[0] ?? null, first.shape?.[1] ?? null, ...sizes] }],
  })
  return fromFirst(b, mode === 'cubic' ? together(b, y, given, [batch, channels, ...sizes]) : y, layout, rank)
}

/** The inputs `scales` and `sizes` of Resize, and the sizes that they give. */
function target(
  b: Emitter,
  first: Value,
  asked: ResizeOptions['sizes'],
  spatial: Shape,
): { readonly inputs: readonly (Value | undefined)[]; readonly sizes: Shape } {
  const rank = spatial.length
  if ('factors' in asked) {
    const factors = numbers(b, 'factors', asked.factors, rank)
    const known = spatial.filter(size => typeof size === 'number')
    // Sizes say exactly what is wanted; a factor has to be multiplied and rounded.
    if (known.length === rank)
      return target(
        b,
        first,
        known.map((size, i) => size * factors[i]!),
        spatial,
      )
    return {
      inputs: [b.constant('float32', [rank + 2], [1, 1, ...factors])],
      sizes: spatial.map((size, i) => (typeof size === 'number' ? size * factors[i]! : null)),
    }
  }
  if ('name' in asked) {
    const known = asked.known ?? Array.from<null>({ length: rank }).fill(null)
    return { inputs: [undefined, wholeSizes(b, first, asked)], sizes: known }
  }
  const sizes = numbers(b, 'sizes of the output', asked, rank)
  return { inputs: [undefined, wholeSizes(b, first, b.ints(sizes))], sizes }
}

/**
 * Sizes of all axes: with `axes` of the spatial ones only, ONNX Runtime 1.30 moves a Transpose over the Resize and takes
 * its sizes for those of other axes.
 */
function wholeSizes(b: Emitter, first: Value, sizes: Value): Value {
  const others = b.op('Shape', [first], { attributes: { start: { int: 0 }, end: { int: 2 } } })
  return b.op('Concat', [others, sizes], { attributes: { axis: { int: 0 } } })
}

/**
 * Each channel as an image of its own: ONNX Runtime 1.30 would move a Transpose over the Resize, which it then can't
 * compute, as its cubic kernel takes the last two axes only.
 */
function alone(b: Emitter, first: Value): Value {
  const rank = first.shape?.length ?? 4
  return b.op('Reshape', [first, b.ints([-1, 1, ...Array.from<number>({ length: rank - 2 }).fill(0)])])
}

function together(b: Emitter, y: Value, given: Value, shape: Shape): Value {
  const channels = b.op('Shape', [given], { attributes: { start: { int: 1 }, end: { int: 2 } } })
  const spatial = b.op('Shape', [y], { attributes: { start: { int: 2 } } })
  const sizes = b.op('Concat', [b.ints([-1]), channels, spatial], { attributes: { axis: { int: 0 } } })
  return b.op('Reshape', [y, sizes], { types: [{ dtype: y.dtype, shape }] })
}
