import { type HowToResize, type ResizeLike, resizeDefaults } from '../../model/index.ts'
import { OptimizeError } from '../errors.ts'
import type { PixelValue, Tools } from './pixels.ts'
import type { Size } from './size.ts'

/** How ONNX's Resize does what a library does; `nearest` is done by places instead. */
type Way =
  | { readonly kind: 'places'; readonly like: 'pillow' | 'opencv' | 'tensorflow' | 'torch' }
  /** On bytes, widened where it shrinks: ONNX Runtime computes as Pillow does. */
  | { readonly kind: 'bytes'; readonly mode: 'linear' | 'cubic' }
  /** On floats; then rounded to bytes again, or not. */
  | {
      readonly kind: 'floats'
      readonly mode: 'linear' | 'cubic'
      readonly antialias: boolean
      readonly rounded: boolean
    }

/** Where a library's filter is within one step of a byte. */
const WAYS: Readonly<Record<string, Way>> = {
  'pillow nearest': { kind: 'places', like: 'pillow' },
  'opencv nearest': { kind: 'places', like: 'opencv' },
  'tensorflow nearest': { kind: 'places', like: 'tensorflow' },
  'torch nearest': { kind: 'places', like: 'torch' },
  'pillow bilinear': { kind: 'bytes', mode: 'linear' },
  'pillow bicubic': { kind: 'bytes', mode: 'cubic' },
  'torch bilinear antialias': { kind: 'bytes', mode: 'linear' },
  'torch bicubic antialias': { kind: 'bytes', mode: 'cubic' },
  'opencv bilinear': { kind: 'floats', mode: 'linear', antialias: false, rounded: true },
  'torch bilinear': { kind: 'floats', mode: 'linear', antialias: false, rounded: true },
  'tensorflow bilinear': { kind: 'floats', mode: 'linear', antialias: false, rounded: false },
  'tensorflow bilinear antialias': { kind: 'floats', mode: 'linear', antialias: true, rounded: false },
  'tensorflow bicubic antialias': { kind: 'floats', mode: 'cubic', antialias: true, rounded: false },
}

/** Resizes to `width` × `height`. Throws OPTIMIZE_UNSUPPORTED for a filter that ONNX does not have. */
export function resized(
  tools: Tools,
  pixels: PixelValue,
  width: Size,
  height: Size,
  how: HowToResize,
): PixelValue {
  const { like, filter, antialias } = resizeDefaults(how)
  const name = `${like} ${filter}${antialias && filter !== 'nearest' ? ' antialias' : ''}`
  const way = Object.hasOwn(WAYS, name) ? WAYS[name] : undefined
  if (!way)
    throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
      message: `A resize with the filter ${filter} like ${like}${antialias ? ' with antialiasing' : ''} can't be a node: ONNX's Resize computes something else`,
      hint: 'Keep the steps beside the model, or take bilinear (and train with it).',
    })
  if (way.kind === 'places') return byPlaces(tools, pixels, width, height, way)
  // All four: ONNX Runtime moves a Transpose over a Resize, and then loses count of chosen axes.
  const wanted = tools.sizes.vector([pixels.batch, pixels.channels, height, width])
  const made = { ...pixels, width, height }
  // Floats have no fixed point to share with Pillow: they are never rounded.
  if (way.kind === 'bytes')
    return { ...made, name: sampled(tools, pixels.name, wanted, { ...way, antialias: true }) }
  const { builder } = tools
  const floats = pixels.kind === 'bytes' ? builder.cast(pixels.name, 'float32') : pixels.name
  const result = sampled(tools, floats, wanted, way)
  if (pixels.kind === 'floats' || !way.rounded) return { ...made, name: result, kind: 'floats' }
  return { ...made, name: builder.cast(builder.op('Round', [result]), 'uint8') }
}

function sampled(
  { builder }: Tools,
  value: string,
  wanted: string,
  { mode, antialias }: { readonly mode: 'linear' | 'cubic'; readonly antialias: boolean },
): string {
  return builder.op('Resize', [value, '', '', wanted], {
    mode,
    coordinate_transformation_mode: 'half_pixel',
    ...(mode === 'cubic' && { cubic_coeff_a: -0.5 }),
    ...(antialias && { antialias: 1, exclude_outside: 1 }),
  })
}

/** Pixels by their places: Resize's own `nearest` rounds differently. */
function byPlaces(
  tools: Tools,
  pixels: PixelValue,
  width: Size,
  height: Size,
  { like }: Extract<Way, { kind: 'places' }>,
): PixelValue {
  const { builder } = tools
  const along = (from: Size, to: Size): string => placesOf(tools, from, to, like)
  const columns = builder.op('Gather', [pixels.name, along(pixels.width, width)], { axis: 3 })
  const name = builder.op('Gather', [columns, along(pixels.height, height)], { axis: 2 })
  return { ...pixels, name, width, height }
}

/** In the arithmetic of each library: a sum of steps, doubles, or float32. */
function placesOf({ builder, sizes }: Tools, from: Size, to: Size, like: ResizeLike): string {
  const single = like === 'tensorflow' || like === 'torch'
  const exact = (value: string): string => (single ? builder.cast(value, 'float32') : value)
  const one = (size: Size): string =>
    exact(typeof size === 'string' ? builder.op('Squeeze', [size]) : builder.float64([size], []))
  const number = (value: number): string =>
    single ? builder.float32([value], []) : builder.float64([value], [])
  const scale = one(like === 'opencv' ? sizes.divide(1, sizes.divide(to, from)) : sizes.divide(from, to))
  const count = (): string => builder.op('Range', [number(0), one(to), number(1)])
  const multiplied = (places: string): string => builder.op('Mul', [places, scale])
  const places = (): string => {
    if (like === 'tensorflow') return multiplied(builder.op('Add', [count(), number(0.5)]))
    if (like !== 'pillow') return multiplied(count())
    const half = builder.op('Reshape', [builder.op('Mul', [scale, number(0.5)]), builder.int64([1])])
    const steps = builder.op('Expand', [scale, sizes.vector([sizes.subtract(to, 1)])])
    return builder.op('CumSum', [builder.op('Concat', [half, steps], { axis: 0 }), builder.int64([0], [])])
  }
  const within = builder.op('Min', [builder.op('Floor', [places()]), one(sizes.subtract(from, 1))])
  return builder.cast(within, 'int64')
}
