import type { Windows } from '../../../kernels/index.ts'
import type { Pixels } from '../pixels.ts'
import type { Work } from '../turns.ts'
import { BOX, CATMULL_ROM, HAMMING, LANCZOS3, TRIANGLE } from './filters.ts'
import { byPlaces } from './nearest.ts'
import { blendColumns, blendRows } from './passes.ts'
import { fixed, type Kernel, WindowCache, widened } from './windows.ts'

export const PILLOW_FILTERS = ['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos'] as const
type PillowFilter = (typeof PILLOW_FILTERS)[number]

const KERNELS: Readonly<Record<Exclude<PillowFilter, 'nearest'>, Kernel>> = {
  box: BOX,
  bilinear: TRIANGLE,
  hamming: HAMMING,
  bicubic: CATMULL_ROM,
  lanczos: LANCZOS3,
}

const cache = new WindowCache<Windows>()

/**
 * As Pillow: columns first, then rows; bytes are rounded after each pass with weights of 22 bits, equal to Pillow's to
 * the bit. Floats are not rounded.
 */
export function* resizeAsPillow(
  pixels: Pixels,
  width: number,
  height: number,
  filter: PillowFilter,
): Work<Pixels> {
  if (filter === 'nearest')
    return yield* byPlaces(pixels, places(pixels.width, width), places(pixels.height, height))
  const windows = (from: number, to: number): Windows =>
    cache.get(`${filter} ${from} ${to}`, () => fixed(widened(from, to, KERNELS[filter])))
  const wide = pixels.width === width ? pixels : yield* blendColumns(pixels, windows(pixels.width, width))
  return wide.height === height ? wide : yield* blendRows(wide, windows(wide.height, height))
}

/** Where Pillow's scale looks: a sum of steps, whose rounding it has as well. */
function places(from: number, to: number): Int32Array {
  const step = from / to
  let at = step * 0.5
  return Int32Array.from({ length: to }, () => {
    const place = Math.min(from - 1, Math.trunc(at))
    at += step
    return place
  })
}
