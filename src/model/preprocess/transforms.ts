import { ModelError } from '../errors.ts'
import type { Color, PreprocessStep } from '../types.ts'
import { emptyPixels, type Pixels } from './pixels.ts'
import { checkedSize, resize, resizeDefaults } from './resize/resize.ts'
import { halfToEven } from './resize/rounding.ts'
import { overLines, type Work } from './turns.ts'

/** Steps from image to image. */
export type PixelStep = Extract<
  PreprocessStep,
  { kind: 'grayscale' | 'invert' | 'channels' | 'resize' | 'crop' | 'pad' }
>
type ResizeStep = Extract<PixelStep, { kind: 'resize' }>
type SizedResize = Extract<ResizeStep, { width: number }>

export function* applyPixelStep(pixels: Pixels, step: PixelStep): Work<Pixels> {
  switch (step.kind) {
    case 'grayscale':
      return yield* grayscale(pixels)
    case 'invert':
      return yield* eachLine(pixels, (from, to) => {
        for (let i = 0; i < to.length; i++) to[i] = 255 - from[i]!
      })
    case 'channels':
      return step.order === 'rgb' ? pixels : yield* swapColors(pixels)
    case 'resize':
      return yield* 'shortest' in step ? resizeShortest(pixels, step) : resizeTo(pixels, step)
    case 'crop':
      return yield* crop(pixels, step)
    case 'pad':
      return yield* pad(pixels, paddedSize(pixels, step.to), step.fill, step.align)
  }
}

/** An image of the same size, line by line. */
function* eachLine(pixels: Pixels, run: (from: Pixels['data'], to: Pixels['data']) => void): Work<Pixels> {
  const { width, height, channels, data } = pixels
  const made = emptyPixels(width, height, channels, data)
  const row = width * channels
  yield* overLines(height, row * 2, (first, end) => {
    run(data.subarray(first * row, end * row), made.data.subarray(first * row, end * row))
  })
  return made
}

/** Luma of ITU-R BT.601 (0.299 R + 0.587 G + 0.114 B); bytes in 16-bit fixed point, rounded, as Pillow's mode L. */
function* grayscale(pixels: Pixels): Work<Pixels> {
  const { width, height, channels, data } = pixels
  if (channels === 1) return pixels
  const made = emptyPixels(width, height, 1, data)
  const target = made.data
  const bytes = data instanceof Uint8Array
  yield* overLines(height, width * 4, (first, end) => {
    for (let pixel = first * width; pixel < end * width; pixel++) {
      const at = pixel * channels
      const luma = data[at]! * 19595 + data[at + 1]! * 38470 + data[at + 2]! * 7471
      target[pixel] = bytes ? (luma + 0x8000) >> 16 : luma / 65536
    }
  })
  return made
}

/** Gray stays gray: its one channel is every colour. */
function* swapColors(pixels: Pixels): Work<Pixels> {
  const { channels } = pixels
  if (channels < 3) return pixels
  return yield* eachLine(pixels, (from, to) => {
    to.set(from)
    for (let i = 0; i < to.length; i += channels) {
      to[i] = from[i + 2]!
      to[i + 2] = from[i]!
    }
  })
}

/** The longer side is cut to a whole number, as torchvision's Resize does. */
function* resizeShortest(pixels: Pixels, step: Extract<ResizeStep, { shortest: number }>): Work<Pixels> {
  const { width, height } = pixels
  const { shortest } = step
  if (Math.min(width, height) === shortest) return pixels
  const [wide, high] =
    width <= height
      ? [shortest, Math.trunc((shortest * height) / width)]
      : [Math.trunc((shortest * width) / height), shortest]
  return yield* resize(pixels, wide, high, resizeDefaults(step))
}

/**
 * fill: stretched. cover: the smallest size that covers the target, its centre cut out. contain: the largest size
 * that fits, centred. letterbox: the same with YOLO's rounding.
 */
function* resizeTo(pixels: Pixels, step: SizedResize): Work<Pixels> {
  const { width, height, fit } = step
  const how = resizeDefaults(step)
  if (fit === 'fill') return yield* resize(pixels, width, height, how)
  if (fit === 'letterbox') {
    // LetterBox of Ultralytics: one ratio, sides rounded half to even.
    const ratio = Math.min(height / pixels.height, width / pixels.width)
    const sideOf = (side: number): number => Math.max(1, halfToEven(side * ratio))
    const fitting = yield* resize(pixels, sideOf(pixels.width), sideOf(pixels.height), how)
    return yield* pad(fitting, { width, height }, step.fill ?? [114], 'center')
  }
  // The target's width limits the scale (cover: the larger of the two scales counts; contain: the smaller).
  const wider = width * pixels.height >= height * pixels.width
  const byWidth = fit === 'cover' ? wider : !wider
  const scaledWidth = byWidth ? width : (pixels.width * height) / pixels.height
  const scaledHeight = byWidth ? (pixels.height * width) / pixels.width : height
  if (fit === 'cover') {
    const covering = yield* resize(
      pixels,
      Math.max(width, Math.floor(scaledWidth)),
      Math.max(height, Math.floor(scaledHeight)),
      how,
    )
    return yield* crop(covering, { width, height })
  }
  const fitting = yield* resize(
    pixels,
    Math.min(width, Math.max(1, Math.round(scaledWidth))),
    Math.min(height, Math.max(1, Math.round(scaledHeight))),
    how,
  )
  return yield* pad(fitting, { width, height }, step.fill ?? [0], 'center')
}

interface Box {
  readonly width: number
  readonly height: number
  readonly x?: number
  readonly y?: number
}

/** The centre, or a box. Throws EXAMPLE_INVALID where the image is smaller. */
function* crop(pixels: Pixels, { width, height, x, y }: Box): Work<Pixels> {
  if (pixels.width < width + (x ?? 0) || pixels.height < height + (y ?? 0)) {
    const where = x === undefined ? '' : ` at (${x}, ${y})`
    throw new ModelError('EXAMPLE_INVALID', {
      message: `Can't crop ${width} × ${height} pixels${where} from an image of ${pixels.width} × ${pixels.height}`,
      hint: 'Put a resize with `fit: cover` before the crop.',
    })
  }
  if (pixels.width === width && pixels.height === height) return pixels
  // Where torchvision's CenterCrop begins.
  const left = x ?? halfToEven((pixels.width - width) / 2)
  const top = y ?? halfToEven((pixels.height - height) / 2)
  const made = emptyPixels(width, height, pixels.channels, pixels.data)
  const row = width * pixels.channels
  yield* overLines(height, row, (first, end) => {
    for (let y = first; y < end; y++) {
      const from = ((top + y) * pixels.width + left) * pixels.channels
      made.data.set(pixels.data.subarray(from, from + row), y * row)
    }
  })
  return made
}

function paddedSize(
  { width, height }: Pixels,
  to: Extract<PixelStep, { kind: 'pad' }>['to'],
): { readonly width: number; readonly height: number } {
  if (to === 'square') return { width: Math.max(width, height), height: Math.max(width, height) }
  if (!('multiple' in to)) return to
  const grown = (side: number): number => Math.ceil(side / to.multiple) * to.multiple
  return { width: grown(width), height: grown(height) }
}

function* pad(
  pixels: Pixels,
  { width, height }: { readonly width: number; readonly height: number },
  fill: Color,
  align: 'center' | 'start',
): Work<Pixels> {
  if (pixels.width === width && pixels.height === height) return pixels
  if (pixels.width > width || pixels.height > height) {
    throw new ModelError('EXAMPLE_INVALID', {
      message: `Can't pad an image of ${pixels.width} × ${pixels.height} pixels to ${width} × ${height}`,
      hint: 'Put a resize before the pad.',
    })
  }
  checkedSize(width, height)
  const made = yield* filled(width, height, pixels, fill)
  const left = align === 'start' ? 0 : Math.floor((width - pixels.width) / 2)
  const top = align === 'start' ? 0 : Math.floor((height - pixels.height) / 2)
  const row = pixels.width * pixels.channels
  yield* overLines(pixels.height, row, (first, end) => {
    for (let y = first; y < end; y++) {
      const to = ((top + y) * width + left) * pixels.channels
      made.data.set(pixels.data.subarray(y * row, (y + 1) * row), to)
    }
  })
  return made
}

/** In the image's own channels: three of a colour, or its luma in gray; alpha is opaque. */
function* filled(width: number, height: number, { channels, data }: Pixels, fill: Color): Work<Pixels> {
  const made = emptyPixels(width, height, channels, data)
  const [red = 0, green = red, blue = red] = fill
  const luma = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16
  const color = channels === 1 ? [luma] : [red, green, blue, 255].slice(0, channels)
  const plain = color.every(value => value === color[0])
  const row = width * channels
  yield* overLines(height, plain ? row : row * 4, (first, end) => {
    if (plain) made.data.fill(color[0]!, first * row, end * row)
    else for (let i = first * row; i < end * row; i++) made.data[i] = color[i % channels]!
  })
  return made
}
