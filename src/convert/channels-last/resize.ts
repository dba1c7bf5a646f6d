import type { Emitter, Value } from '../graph/types.ts'
import { axesOf, fromFirst, type Layout, spatialRank, toFirst } from './layout.ts'
import { numbers } from './padding.ts'

export interface ResizeOptions {
  /** Of the output's spatial axes: numbers, or an int64 value of as many elements as there are axes. */
  readonly sizes: readonly number[] | Value
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
  const { batch, channels } = axesOf(x, layout, rank)
  const fixed = 'name' in options.sizes ? undefined : numbers(b, 'sizes of the output', options.sizes, rank)
  const sizes = fixed ? b.ints(fixed) : (options.sizes as Value)
  const known = fixed ?? sizes.known ?? Array.from<null>({ length: rank }).fill(null)
  const y = b.op('Resize', [toFirst(b, x, layout, rank), undefined, undefined, sizes], {
    attributes: {
      mode: { text: mode },
      axes: { ints: known.map((_, i) => i + 2) },
      coordinate_transformation_mode: { text: coordinates.replace('-', '_') },
      ...(mode === 'nearest' && {
        nearest_mode: { text: (options.nearest ?? 'floor').replaceAll('-', '_') },
      }),
      ...(mode === 'cubic' && { cubic_coeff_a: { float: options.cubic ?? -0.5 } }),
      ...(options.excludeOutside && { exclude_outside: { int: 1 } }),
      ...(options.antialias && { antialias: { int: 1 } }),
    },
    types: [{ dtype: x.dtype, shape: [batch, channels, ...known] }],
  })
  return fromFirst(b, y, layout, rank)
}
