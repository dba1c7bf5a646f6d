import { type FloatWindows, FRACTION_BITS, type Windows } from '../../../kernels/index.ts'
import type { Pixels } from '../pixels.ts'
import type { Work } from '../turns.ts'
import { CATMULL_ROM, SHARP_CUBIC, TRIANGLE } from './filters.ts'
import { byPlaces } from './nearest.ts'
import { blendColumns, blendRows } from './passes.ts'
import { blendFloats } from './tensors.ts'
import {
  collect,
  type FractionWindows,
  inside,
  type Kernel,
  single,
  WindowCache,
  widened,
} from './windows.ts'

export const TORCH_FILTERS = ['nearest', 'bilinear', 'bicubic'] as const
type TorchFilter = (typeof TORCH_FILTERS)[number]

const forBytes = new WindowCache<Windows>()
const forFloats = new WindowCache<FloatWindows>()

/**
 * As torchvision resizes tensors on a CPU. Bytes are rounded after each pass, with weights of 16 bits that share one
 * exponent; floats are not.
 */
export function* resizeAsTorch(
  pixels: Pixels,
  width: number,
  height: number,
  filter: TorchFilter,
  antialias: boolean,
): Work<Pixels> {
  if (pixels.width === width && pixels.height === height) return pixels
  if (filter === 'nearest')
    return yield* byPlaces(pixels, places(pixels.width, width), places(pixels.height, height))
  const name = `${filter} ${antialias}`
  const made = (from: number, to: number): FractionWindows => windowsOf(from, to, filter, antialias)
  if (!(pixels.data instanceof Uint8Array)) {
    const windows = (from: number, to: number): FloatWindows =>
      forFloats.get(`${name} ${from} ${to}`, () => single(made(from, to)))
    return yield* blendFloats(pixels, windows(pixels.width, width), windows(pixels.height, height))
  }
  const windows = (from: number, to: number): Windows =>
    forBytes.get(`${name} ${from} ${to}`, () => coarse(made(from, to)))
  const wide = pixels.width === width ? pixels : yield* blendColumns(pixels, windows(pixels.width, width))
  return wide.height === height ? wide : yield* blendRows(wide, windows(wide.height, height))
}

function windowsOf(
  from: number,
  to: number,
  filter: Exclude<TorchFilter, 'nearest'>,
  antialias: boolean,
): FractionWindows {
  if (antialias) return widened(from, to, filter === 'bilinear' ? TRIANGLE : CATMULL_ROM)
  const kernel: Kernel = filter === 'bilinear' ? TRIANGLE : SHARP_CUBIC
  const scale = from / to
  return collect(from, to, place => {
    const exact = scale * (place + 0.5) - 0.5
    const centre = filter === 'bilinear' ? Math.max(0, exact) : exact
    const start = Math.floor(centre) - kernel.support + 1
    const weights = Array.from({ length: 2 * kernel.support }, (_, k) => kernel.at(start + k - centre))
    return inside({ start, weights }, from)
  })
}

function places(from: number, to: number): Int32Array {
  const scale = Math.fround(from / to)
  return Int32Array.from({ length: to }, (_, place) =>
    Math.min(from - 1, Math.floor(Math.fround(place * scale))),
  )
}

/** Weights as PyTorch has them for bytes: 16 bits, as many of them behind the point as the largest leaves. */
function coarse(windows: FractionWindows): Windows {
  const largest = windows.weights.reduce((a, b) => Math.max(a, b), 0)
  let bits = 0
  while (bits < FRACTION_BITS && Math.trunc(0.5 + largest * 2 ** (bits + 1)) < 2 ** 15) bits++
  const weights = Int32Array.from(windows.weights, weight => {
    const scaled = weight * 2 ** bits
    return Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5) * 2 ** (FRACTION_BITS - bits)
  })
  return { ...windows, weights }
}
