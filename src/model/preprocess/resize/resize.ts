import { ModelError } from '../../errors.ts'
import type { HowToResize, ResizeFilter, ResizeLike } from '../../types.ts'
import type { Pixels } from '../pixels.ts'
import type { Work } from '../turns.ts'
import { OPENCV_FILTERS, resizeAsOpencv } from './opencv.ts'
import { PILLOW_FILTERS, resizeAsPillow } from './pillow.ts'
import { resizeAsTensorflow, TENSORFLOW_FILTERS } from './tensorflow.ts'
import { resizeAsTorch, TORCH_FILTERS } from './torch.ts'

/** The most pixels of any intermediate image: a strip of 1 × 60,000 stretched to cover a square would be billions. */
export const MAX_RESIZED_PIXELS = 50_000_000
/** The longest side of a source: what JPEG holds. Bounds the table of weights. */
export const MAX_SOURCE_SIDE = 65_535

export interface Resampling {
  readonly filter: ResizeFilter
  readonly like: ResizeLike
  /** Whether a filter is widened where the image shrinks. */
  readonly antialias: boolean
}

/** Which filters a library has, and whether its antialiasing is a choice, with its default. */
export const LIBRARIES: Readonly<
  Record<ResizeLike, { readonly filters: readonly ResizeFilter[]; readonly antialias: boolean | undefined }>
> = {
  pillow: { filters: PILLOW_FILTERS, antialias: undefined },
  opencv: { filters: OPENCV_FILTERS, antialias: undefined },
  tensorflow: { filters: TENSORFLOW_FILTERS, antialias: false },
  torch: { filters: TORCH_FILTERS, antialias: true },
}

/** What a step says of its resize, and what it does not. */
export function resizeDefaults({ filter = 'bilinear', like = 'pillow', antialias }: HowToResize): Resampling {
  return { filter, like, antialias: antialias ?? LIBRARIES[like].antialias ?? false }
}

/** Throws EXAMPLE_INVALID where that would take too many pixels. */
export function resize(pixels: Pixels, width: number, height: number, by: Resampling): Work<Pixels> {
  checkSize(pixels, width, height)
  const { filter, like, antialias } = by
  if (like === 'opencv' && isOf(OPENCV_FILTERS, filter)) return resizeAsOpencv(pixels, width, height, filter)
  if (like === 'torch' && isOf(TORCH_FILTERS, filter)) {
    return resizeAsTorch(pixels, width, height, filter, antialias)
  }
  if (like === 'tensorflow' && isOf(TENSORFLOW_FILTERS, filter)) {
    return resizeAsTensorflow(pixels, width, height, filter, antialias)
  }
  if (like === 'pillow' && isOf(PILLOW_FILTERS, filter)) return resizeAsPillow(pixels, width, height, filter)
  throw new ModelError('PREPROCESS_INVALID', {
    message: `There is no filter ${filter} like ${like}`,
    hint: `Take one of ${LIBRARIES[like].filters.join(', ')}.`,
  })
}

function isOf<T extends string>(names: readonly T[], name: string): name is T {
  return names.some(known => known === name)
}

/** Throws EXAMPLE_INVALID for an image that is too large to be made. */
export function checkedSize(width: number, height: number): void {
  if (width * height <= MAX_RESIZED_PIXELS) return
  throw new ModelError('EXAMPLE_INVALID', {
    message: `An image of ${width} × ${height} pixels goes over the limit of ${MAX_RESIZED_PIXELS}`,
    hint: 'Send an image of an ordinary shape.',
  })
}

function checkSize(pixels: Pixels, width: number, height: number): void {
  const most = width * Math.max(pixels.height, height)
  const side = Math.max(pixels.width, pixels.height)
  if (most <= MAX_RESIZED_PIXELS && side <= MAX_SOURCE_SIDE) return
  throw new ModelError('EXAMPLE_INVALID', {
    message: `Resizing ${pixels.width} × ${pixels.height} to ${width} × ${height} pixels goes over the limits`,
    hint: `Send an image with sides up to ${MAX_SOURCE_SIDE} and an ordinary shape.`,
  })
}
