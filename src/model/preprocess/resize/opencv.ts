import type { Pixels } from '../pixels.ts'
import type { Work } from '../turns.ts'
import { byPlaces } from './nearest.ts'
import { averageAsOpencv } from './opencv-area.ts'
import { scaleOf } from './opencv-axis.ts'
import { interpolateAsOpencv, linearAsOpencv } from './opencv-lines.ts'

export const OPENCV_FILTERS = ['nearest', 'bilinear', 'bicubic', 'area', 'lanczos'] as const
type OpencvFilter = (typeof OPENCV_FILTERS)[number]

/**
 * As cv2.resize: bytes with weights of 11 bits, no antialiasing but in `area`. `bilinear` at half of both sides is
 * `area`, and `area` that enlarges a side is a kind of `bilinear`: so OpenCV has it.
 */
export function* resizeAsOpencv(
  pixels: Pixels,
  width: number,
  height: number,
  filter: OpencvFilter,
): Work<Pixels> {
  if (pixels.width === width && pixels.height === height) return pixels
  if (filter === 'nearest')
    return yield* byPlaces(pixels, places(pixels.width, width), places(pixels.height, height))
  const [across, down] = [scaleOf(pixels.width, width), scaleOf(pixels.height, height)]
  const average =
    filter === 'area' ? across >= 1 && down >= 1 : filter === 'bilinear' && across === 2 && down === 2
  if (average) return yield* averageAsOpencv(pixels, width, height)
  if (filter === 'bilinear' || filter === 'area') return yield* linearAsOpencv(pixels, width, height, filter)
  return yield* interpolateAsOpencv(pixels, width, height, filter)
}

function places(from: number, to: number): Int32Array {
  const scale = scaleOf(from, to)
  return Int32Array.from({ length: to }, (_, place) => Math.min(from - 1, Math.floor(place * scale)))
}
