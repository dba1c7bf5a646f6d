import type { FloatWindows } from '../../../kernels/index.ts'
import type { Pixels } from '../pixels.ts'
import type { Work } from '../turns.ts'
import { CATMULL_ROM, LANCZOS3, TRIANGLE } from './filters.ts'
import { byPlaces } from './nearest.ts'
import { halfToEven } from './rounding.ts'
import { blendFloats } from './tensors.ts'
import {
  collect,
  type FractionWindows,
  inside,
  type Kernel,
  normalized,
  single,
  WindowCache,
} from './windows.ts'

export const TENSORFLOW_FILTERS = ['nearest', 'bilinear', 'bicubic', 'area', 'lanczos'] as const
type TensorflowFilter = (typeof TENSORFLOW_FILTERS)[number]

const f = Math.fround
const cache = new WindowCache<FloatWindows>()

/** As tf.image.resize: half-pixel centres, float32, not rounded (but `nearest`, which keeps the type). */
export function* resizeAsTensorflow(
  pixels: Pixels,
  width: number,
  height: number,
  filter: TensorflowFilter,
  antialias: boolean,
): Work<Pixels> {
  if (filter === 'nearest')
    return yield* byPlaces(pixels, places(pixels.width, width), places(pixels.height, height))
  const windows = (from: number, to: number): FloatWindows =>
    cache.get(`${filter} ${antialias} ${from} ${to}`, () => single(windowsOf(from, to, filter, antialias)))
  return yield* blendFloats(pixels, windows(pixels.width, width), windows(pixels.height, height))
}

function windowsOf(
  from: number,
  to: number,
  filter: Exclude<TensorflowFilter, 'nearest'>,
  antialias: boolean,
): FractionWindows {
  if (filter === 'area') return shares(from, to)
  if (filter === 'bilinear' && !antialias) return linear(from, to)
  if (filter === 'bicubic' && !antialias) return cubic(from, to)
  return spans(from, to, KERNELS[filter], antialias)
}

const KERNELS = { bilinear: TRIANGLE, bicubic: CATMULL_ROM, lanczos: LANCZOS3 } as const

function places(from: number, to: number): Int32Array {
  const scale = f(from / to)
  return Int32Array.from({ length: to }, (_, place) =>
    Math.min(from - 1, Math.floor(f(f(place + 0.5) * scale))),
  )
}

function linear(from: number, to: number): FractionWindows {
  const scale = f(from / to)
  return collect(from, to, place => {
    const exact = f(f(f(place + 0.5) * scale) - 0.5)
    const start = Math.floor(exact)
    return inside({ start, weights: [f(1 - f(exact - start)), f(exact - start)] }, from)
  })
}

/** Steps of the table that TensorFlow looks a cubic's weights up in. */
const TABLE_SIZE = 1024

/** Keys' cubic (a = −1/2); inputs beyond the ends have no weight, and the others' sum is made one. */
function cubic(from: number, to: number): FractionWindows {
  const scale = f(from / to)
  return collect(from, to, place => {
    const exact = f(f(f(place + 0.5) * scale) - 0.5)
    const at = Math.floor(exact)
    const fraction = halfToEven(f(f(exact - at) * TABLE_SIZE)) / TABLE_SIZE
    const weights = [-1, 0, 1, 2].map(step =>
      at + step < 0 || at + step >= from ? 0 : CATMULL_ROM.at(step - fraction),
    )
    return inside({ start: at - 1, weights: normalized(weights) }, from)
  })
}

/** ScaleAndTranslate: a kernel, widened where the axis shrinks if `antialias` is set. */
function spans(from: number, to: number, { support, at }: Kernel, antialias: boolean): FractionWindows {
  const scale = f(from / to)
  const reach = antialias ? Math.max(scale, 1) : 1
  return collect(from, to, place => {
    const centre = f(f(place + 0.5) * scale)
    const first = Math.max(0, Math.ceil(centre - support * reach - 0.5))
    const last = Math.min(from - 1, Math.floor(centre + support * reach - 0.5))
    const raw = Array.from({ length: last - first + 1 }, (_, k) => at((first + k + 0.5 - centre) / reach))
    return { start: first, weights: normalized(raw) }
  })
}

/** How much of each input an output covers, in either direction. */
function shares(from: number, to: number): FractionWindows {
  const scale = f(from / to)
  return collect(from, to, place => {
    const begin = f(place * scale)
    const end = f(f(place + 1) * scale)
    const start = Math.floor(begin)
    const stop = Math.min(from, Math.ceil(end))
    const weights = Array.from(
      { length: stop - start },
      (_, k) => (Math.min(end, start + k + 1) - Math.max(begin, start + k)) / scale,
    )
    return { start, weights }
  })
}
