import type { Emitter, Value } from '../graph/types.ts'
import { Refusal } from '../refusals.ts'
import { axesOf, fromFirst, type Layout, spatialRank, toFirst } from './layout.ts'
import { numbers } from './padding.ts'

/**
 * TensorFlow's ways to resize that ONNX has not: each output pixel is a weighted sum of input pixels, on each axis by
 * itself. `bicubic` is that of `tf.image.resize` without antialias, whose kernel is a table of 1024 steps.
 */
export type Resampling = 'bicubic' | 'lanczos3' | 'lanczos5' | 'gaussian' | 'mitchellcubic' | 'area'

/** Weights of one axis: they are kept in the model as they are. */
const MAX_WEIGHTS = 4_000_000

export interface ResampleOptions {
  readonly sizes: readonly number[]
  readonly way: Resampling
  readonly antialias?: boolean
  readonly layout?: Layout
}

/** An image of known size in another size. Throws Refusal where a size is free. */
export function resample(b: Emitter, x: Value, options: ResampleOptions): Value {
  const { layout = 'channels-last', way, antialias = false } = options
  const rank = spatialRank(b, x, 2)
  const { batch, channels, spatial } = axesOf(x, layout, rank)
  const [height, width] = spatial
  if (typeof height !== 'number' || typeof width !== 'number')
    throw new Refusal(`${way} interpolation of images whose size is free`)
  const [tall = 1, wide = 1] = numbers(b, 'sizes of the output', options.sizes, rank)
  if (Math.max(height * tall, width * wide) > MAX_WEIGHTS)
    throw new Refusal(`${way} interpolation of large images`)
  const columns = weightsOf(way, width, wide, antialias)
  const rows = weightsOf(way, height, tall, antialias)
  const first = toFirst(b, x, layout, rank)
  const narrow = b.op(
    'MatMul',
    [first, b.constant(x.dtype, [width, wide], transposed(columns, wide, width))],
    {
      types: [{ dtype: x.dtype, shape: [batch, channels, height, wide] }],
    },
  )
  const y = b.op('MatMul', [b.constant(x.dtype, [tall, height], rows), narrow], {
    types: [{ dtype: x.dtype, shape: [batch, channels, tall, wide] }],
  })
  return fromFirst(b, y, layout, rank)
}

function transposed(weights: readonly number[], rows: number, columns: number): readonly number[] {
  return Array.from(
    { length: rows * columns },
    (_, i) => weights[(i % rows) * columns + Math.floor(i / rows)]!,
  )
}

/** `[out, into]`: the share of each input pixel in each output pixel. */
function weightsOf(way: Resampling, into: number, out: number, antialias: boolean): readonly number[] {
  const scale = into / out
  if (way === 'area') return rowsOf(into, out, i => areaShares(i * scale, (i + 1) * scale))
  if (way === 'bicubic' && !antialias)
    return rowsOf(into, out, i => tableCubic((i + 0.5) * scale - 0.5, into))
  const { radius, kernel } = KERNELS[way]
  const stretch = antialias ? Math.max(scale, 1) : 1
  return rowsOf(into, out, i => {
    const centre = (i + 0.5) * scale
    const start = Math.max(0, Math.ceil(centre - radius * stretch - 0.5))
    const end = Math.min(into - 1, Math.floor(centre + radius * stretch - 0.5))
    const span = Array.from({ length: Math.max(0, end - start + 1) }, (_, k) => start + k)
    return normal(span.map(at => [at, kernel(Math.abs((at + 0.5 - centre) / stretch))] as const))
  })
}

type Shares = readonly (readonly [pixel: number, share: number])[]

function rowsOf(into: number, out: number, sharesOf: (i: number) => Shares): readonly number[] {
  const weights = Array.from<number>({ length: into * out }).fill(0)
  for (let i = 0; i < out; i++) for (const [at, share] of sharesOf(i)) weights[i * into + at]! += share
  return weights
}

function normal(shares: Shares): Shares {
  const sum = shares.reduce((all, [, share]) => all + share, 0)
  return Math.abs(sum) < 1e-35 ? [] : shares.map(([at, share]) => [at, share / sum])
}

/** How much of each pixel lies between two places, of all of it. */
function areaShares(from: number, to: number): Shares {
  const first = Math.floor(from)
  const pixels = Array.from({ length: Math.max(1, Math.ceil(to) - first) }, (_, k) => first + k)
  return pixels.map(at => [at, Math.max(0, Math.min(to, at + 1) - Math.max(from, at)) / (to - from)])
}

const STEPS = 1024

/** Keys' cubic kernel with a = −1/2 at 1024 steps between pixels; pixels outside have no share. */
function tableCubic(place: number, into: number): Shares {
  const before = Math.floor(place)
  const step = roundEven((place - before) * STEPS) / STEPS
  const distances = [1 + step, step, 1 - step, 2 - step]
  const shares = distances.map((distance, k) => [before - 1 + k, keys(distance)] as const)
  return normal(shares.filter(([at]) => at >= 0 && at < into))
}

function roundEven(x: number): number {
  const down = Math.floor(x)
  if (x - down !== 0.5) return Math.round(x)
  return down % 2 === 0 ? down : down + 1
}

/** Keys, "Cubic convolution interpolation for digital image processing" (1981), a = −1/2. */
function keys(x: number): number {
  if (x >= 2) return 0
  return x <= 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2
}

const lanczos = (radius: number) => ({
  radius,
  kernel: (x: number): number => {
    if (x > radius) return 0
    if (x <= 1e-3) return 1
    return (radius * Math.sin(Math.PI * x) * Math.sin((Math.PI * x) / radius)) / (Math.PI * Math.PI * x * x)
  },
})

/** Mitchell and Netravali, "Reconstruction filters in computer graphics" (1988), B = C = 1/3. */
function mitchell(x: number): number {
  if (x >= 2) return 0
  if (x >= 1) return (((-7 / 18) * x + 2) * x - 10 / 3) * x + 16 / 9
  return ((7 / 6) * x - 2) * x * x + 8 / 9
}

const GAUSSIAN_RADIUS = 1.5

/** Weights by the distance from the centre, in pixels; nothing beyond the radius. */
const KERNELS: Readonly<
  Record<Exclude<Resampling, 'area'>, { readonly radius: number; readonly kernel: (x: number) => number }>
> = {
  bicubic: { radius: 2, kernel: keys },
  lanczos3: lanczos(3),
  lanczos5: lanczos(5),
  mitchellcubic: { radius: 2, kernel: mitchell },
  gaussian: {
    radius: GAUSSIAN_RADIUS,
    kernel: x => (x >= GAUSSIAN_RADIUS ? 0 : Math.exp((-x * x) / (2 * (GAUSSIAN_RADIUS / 3) ** 2))),
  },
}
