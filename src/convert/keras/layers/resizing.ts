import {
  axesOf,
  fromFirst,
  type Layout,
  type Resampling,
  type ResizeOptions,
  resample,
  resize,
  toFirst,
} from '../../channels-last/index.ts'
import type { Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { floating, shapeOf } from '../emit.ts'
import { type ConvertLayer, full, type LayerCall, type LayerTable, limited } from '../layer.ts'
import { cropped, padded } from './cropping.ts'

/** Where pixels lie in TensorFlow: their centres at halves. */
const INTERPOLATIONS: Readonly<Record<string, Pick<ResizeOptions, 'mode' | 'coordinates' | 'nearest'>>> = {
  nearest: { mode: 'nearest', coordinates: 'half-pixel', nearest: 'round-prefer-ceil' },
  bilinear: { mode: 'linear', coordinates: 'half-pixel' },
}

const RESAMPLINGS: readonly Resampling[] = ['bicubic', 'lanczos3', 'lanczos5', 'area']

/** An image in another size, by a name of `tf.image.resize`. */
function resized(
  call: LayerCall,
  x: Value,
  way: string,
  options: Pick<ResizeOptions, 'sizes' | 'layout' | 'antialias'>,
): Value {
  const { b } = call
  const plain = Object.hasOwn(INTERPOLATIONS, way) ? INTERPOLATIONS[way] : undefined
  if (plain) {
    const soft = options.antialias === true && plain.mode === 'linear'
    return resize(b, x, { ...options, ...plain, antialias: soft, excludeOutside: soft })
  }
  const resampling = RESAMPLINGS.find(known => known === way)
  if (!resampling)
    throw new Refusal(
      `interpolation='${way.slice(0, 40)}'`,
      `Interpolations are ${[...Object.keys(INTERPOLATIONS), ...RESAMPLINGS].join(', ')}.`,
    )
  const { layout = 'channels-last', antialias = false } = options
  return resample(b, x, { way: resampling, sizes: knownSizes(x, options.sizes, layout), layout, antialias })
}

function knownSizes(x: Value, sizes: ResizeOptions['sizes'], layout: Layout): readonly number[] {
  if (Array.isArray(sizes)) return sizes
  const { spatial } = axesOf(x, layout, 2)
  if (!('factors' in sizes) || !spatial.every(size => typeof size === 'number'))
    throw new Refusal('images whose size is free')
  return (spatial as readonly number[]).map((size, i) => size * sizes.factors[i]!)
}

const upSampling =
  (rank: number): ConvertLayer =>
  call => {
    const { b, config, inputs } = call
    const key = rank === 1 && !config.has('size') ? 'length' : 'size'
    const factors = config.ints(key, rank, 2, { min: 1 })
    const way = rank === 2 ? config.text('interpolation', 'nearest').toLowerCase() : 'nearest'
    const x = floating(b, inputs[0], call.dtype)
    const options = { sizes: { factors }, layout: config.layout() }
    if (way !== 'nearest') return [resized(call, x, way, options)]
    // Each pixel again and again: the same as nearest, and exact for any factor.
    return [resize(b, x, { ...options, mode: 'nearest', coordinates: 'asymmetric', nearest: 'floor' })]
  }

const resizing: ConvertLayer = call => {
  const { b, config, inputs } = call
  const sizes = [config.int('height', undefined, { min: 1 }), config.int('width', undefined, { min: 1 })]
  const way = config.text('interpolation', 'bilinear').toLowerCase()
  const layout = config.layout()
  const x = framed(call, floating(b, inputs[0], call.dtype), sizes, layout)
  return [resized(call, x, way, { sizes, layout, antialias: config.bool('antialias', false) })]
}

/** With the sides cut off, or filled up, to the aspect ratio of the output. */
function framed(
  call: LayerCall,
  x: Value,
  [height = 1, width = 1]: readonly number[],
  layout: Layout,
): Value {
  const { b, config } = call
  const [crop, fill] = [config.bool('crop_to_aspect_ratio', false), config.bool('pad_to_aspect_ratio', false)]
  if (!crop && !fill) return x
  const [h, w] = axesOf(x, layout, 2).spatial
  if (shapeOf(x).length !== 4 || typeof h !== 'number' || typeof w !== 'number')
    throw new Refusal('an aspect ratio that is kept, of images whose size is free')
  const first = toFirst(b, x, layout, 2)
  if (crop) return fromFirst(b, cropToRatio(call, first, [h, w], [height, width]), layout, 2)
  const [whole, wide] = [
    Math.max(h, float32Ratio(w, height, width)),
    Math.max(w, float32Ratio(h, width, height)),
  ]
  const [top, left] = [Math.trunc((whole - h) / 2), Math.trunc((wide - w) / 2)]
  // Keras puts as much behind as in front.
  const sides = [
    [top, top],
    [left, left],
  ] as const
  return fromFirst(b, padded(call, first, sides, config.number('fill_value', 0)), layout, 2)
}

/** The largest centred part with the aspect ratio of `target`. */
export function cropToRatio(
  call: LayerCall,
  first: Value,
  [h, w]: readonly [number, number],
  [height, width]: readonly [number, number],
): Value {
  const keepH = Math.max(Math.min(h, float32Ratio(w, height, width)), 1)
  const keepW = Math.max(Math.min(w, float32Ratio(h, width, height)), 1)
  const [top, left] = [Math.trunc((h - keepH) / 2), Math.trunc((w - keepW) / 2)]
  return cropped(call, first, [
    [top, h - keepH - top],
    [left, w - keepW - left],
  ])
}

/** size · a / b cut to an integer, in float32 as TensorFlow computes it. */
function float32Ratio(size: number, a: number, b: number): number {
  return Math.trunc(Math.fround(Math.fround(size * a) / b))
}

const centerCrop: ConvertLayer = call => {
  const { b, config, inputs } = call
  const target = [
    config.int('height', undefined, { min: 1 }),
    config.int('width', undefined, { min: 1 }),
  ] as const
  const layout = config.layout()
  const x = floating(b, inputs[0], call.dtype)
  const [h, w] = axesOf(x, layout, 2).spatial
  if (shapeOf(x).length !== 4 || typeof h !== 'number' || typeof w !== 'number')
    throw new Refusal('a centre of images whose size is free')
  const first = toFirst(b, x, layout, 2)
  if (h < target[0] || w < target[1]) {
    const part = cropToRatio(call, first, [h, w], target)
    const resized = resize(b, part, {
      ...INTERPOLATIONS['bilinear']!,
      sizes: target,
      layout: 'channels-first',
    })
    return [fromFirst(b, resized, layout, 2)]
  }
  const [top, left] = [Math.floor((h - target[0]) / 2), Math.floor((w - target[1]) / 2)]
  const sides = [
    [top, h - target[0] - top],
    [left, w - target[1] - left],
  ] as const
  return [fromFirst(b, cropped(call, first, sides), layout, 2)]
}

const KNOWN = 'bicubic, lanczos and area of images of known size'

export const resizings: LayerTable = {
  UpSampling1D: full(upSampling(1), 'stops'),
  UpSampling2D: limited(KNOWN, upSampling(2), 'stops'),
  UpSampling3D: full(upSampling(3), 'stops'),
  Resizing: limited(`${KNOWN}; so are aspect ratios kept`, resizing, 'stops'),
  CenterCrop: limited('images of known size', centerCrop, 'stops'),
}
