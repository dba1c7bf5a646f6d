import { ModelError } from '../errors.ts'
import type { PreprocessStep } from '../types.ts'
import { emptyPixels, type Pixels } from './pixels.ts'
import { resize } from './resize.ts'

/** Steps from image to image. */
export type PixelStep = Extract<PreprocessStep, { kind: 'grayscale' | 'invert' | 'resize' | 'crop' }>

export function applyPixelStep(pixels: Pixels, step: PixelStep): Pixels {
  switch (step.kind) {
    case 'grayscale':
      return grayscale(pixels)
    case 'invert':
      return { ...pixels, data: pixels.data.map(value => 255 - value) }
    case 'resize':
      return resizeTo(pixels, step)
    case 'crop':
      return crop(pixels, step.width, step.height)
  }
}

/** Luma of ITU-R BT.601 (0.299 R + 0.587 G + 0.114 B); bytes in 16-bit fixed point, rounded, as Pillow's mode L. */
function grayscale(pixels: Pixels): Pixels {
  const { width, height, channels, data } = pixels
  if (channels === 1) return pixels
  const made = emptyPixels(width, height, 1, data)
  const bytes = data instanceof Uint8Array
  for (let pixel = 0; pixel < width * height; pixel++) {
    const at = pixel * channels
    const luma = data[at]! * 19595 + data[at + 1]! * 38470 + data[at + 2]! * 7471
    made.data[pixel] = bytes ? (luma + 0x8000) >> 16 : luma / 65536
  }
  return made
}

/**
 * fill: stretched. cover: the smallest size that covers the target, its centre cut out. contain: the largest size
 * that fits, centred on black.
 */
function resizeTo(pixels: Pixels, { width, height, fit }: Extract<PixelStep, { kind: 'resize' }>): Pixels {
  if (fit === 'fill') return resize(pixels, width, height)
  // The target's width limits the scale (cover: the larger of the two scales counts; contain: the smaller).
  const wider = width * pixels.height >= height * pixels.width
  const byWidth = fit === 'cover' ? wider : !wider
  const scaledWidth = byWidth ? width : (pixels.width * height) / pixels.height
  const scaledHeight = byWidth ? (pixels.height * width) / pixels.width : height
  if (fit === 'cover') {
    const covering = resize(
      pixels,
      Math.max(width, Math.floor(scaledWidth)),
      Math.max(height, Math.floor(scaledHeight)),
    )
    return crop(covering, width, height)
  }
  const fitting = resize(
    pixels,
    Math.min(width, Math.max(1, Math.round(scaledWidth))),
    Math.min(height, Math.max(1, Math.round(scaledHeight))),
  )
  return pad(fitting, width, height)
}

/** The centre. Throws EXAMPLE_INVALID where the image is smaller. */
function crop(pixels: Pixels, width: number, height: number): Pixels {
  if (pixels.width < width || pixels.height < height) {
    throw new ModelError('EXAMPLE_INVALID', {
      message: `Can't crop ${width} × ${height} pixels from an image of ${pixels.width} × ${pixels.height}`,
      hint: 'Put a resize with `fit: cover` before the crop.',
    })
  }
  if (pixels.width === width && pixels.height === height) return pixels
  const left = halfToEven(pixels.width - width)
  const top = halfToEven(pixels.height - height)
  const made = emptyPixels(width, height, pixels.channels, pixels.data)
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * pixels.width + left) * pixels.channels
    made.data.set(pixels.data.subarray(from, from + width * pixels.channels), y * width * pixels.channels)
  }
  return made
}

function pad(pixels: Pixels, width: number, height: number): Pixels {
  const left = Math.floor((width - pixels.width) / 2)
  const top = Math.floor((height - pixels.height) / 2)
  const made = emptyPixels(width, height, pixels.channels, pixels.data)
  const row = pixels.width * pixels.channels
  for (let y = 0; y < pixels.height; y++) {
    made.data.set(pixels.data.subarray(y * row, (y + 1) * row), ((top + y) * width + left) * pixels.channels)
  }
  return made
}

/** n / 2 rounded to an integer, halves to the even one: where torchvision's CenterCrop begins. */
function halfToEven(n: number): number {
  const half = Math.floor(n / 2)
  return n % 2 === 1 && half % 2 === 1 ? half + 1 : half
}
