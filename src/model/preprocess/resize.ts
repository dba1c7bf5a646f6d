import { ModelError } from '../errors.ts'
import { emptyPixels, type Pixels } from './pixels.ts'

/** The most pixels of any intermediate image: a strip of 1 × 60,000 stretched to cover a square would be billions. */
export const MAX_RESIZED_PIXELS = 50_000_000
/** The longest side of a source: what JPEG holds. Bounds the table of weights. */
export const MAX_SOURCE_SIDE = 65_535

/** Bits of the fraction in a weight: with 8 bits of pixel and 2 for overshoot, sums stay within 32. */
const FRACTION_BITS = 22

/** For each output place: where its window of inputs begins, and the window's weights, which sum to one. */
interface Windows {
  readonly starts: Int32Array
  readonly lengths: Int32Array
  readonly weights: Float64Array
  /** Room for each place in `weights`. */
  readonly stride: number
}

/**
 * Resizes with the triangle filter, widened by the scale where the image shrinks (so it does not alias): what
 * Pillow calls BILINEAR, the common resize of training code. Columns first, then rows. Bytes are rounded after each
 * pass with weights of 22 bits, so that the result equals Pillow's to the bit; floats are not rounded.
 * Throws EXAMPLE_INVALID where that would take too many pixels.
 */
export function resize(pixels: Pixels, width: number, height: number): Pixels {
  checkSize(pixels, width, height)
  const wide = pixels.width === width ? pixels : resizeColumns(pixels, width)
  return wide.height === height ? wide : resizeRows(wide, height)
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

function resizeColumns(pixels: Pixels, width: number): Pixels {
  const { height, channels } = pixels
  const made = emptyPixels(width, height, channels, pixels.data)
  const windows = windowsOf(pixels.width, width)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * pixels.width + windows.starts[x]!) * channels
      blend(pixels.data, from, channels, windows, x, made.data, (y * width + x) * channels, channels)
    }
  }
  return made
}

function resizeRows(pixels: Pixels, height: number): Pixels {
  const { width, channels } = pixels
  const made = emptyPixels(width, height, channels, pixels.data)
  const windows = windowsOf(pixels.height, height)
  const row = width * channels
  for (let y = 0; y < height; y++) {
    blend(pixels.data, windows.starts[y]! * row, row, windows, y, made.data, y * row, row)
  }
  return made
}

/** `count` neighbouring elements at `to`, each the weighted sum of elements `step` apart from `from` on. */
function blend(
  source: Pixels['data'],
  from: number,
  step: number,
  windows: Windows,
  place: number,
  target: Pixels['data'],
  to: number,
  count: number,
): void {
  const base = place * windows.stride
  const length = windows.lengths[place]!
  const bytes = target instanceof Uint8Array
  for (let i = 0; i < count; i++) {
    let sum = 0
    for (let k = 0; k < length; k++) sum += source[from + k * step + i]! * windows.weights[base + k]!
    target[to + i] = bytes ? toByte(sum) : sum / 2 ** FRACTION_BITS
  }
}

/** Exact: the weights are whole numbers below 2^22 and a window's sum stays far below 2^53. */
function toByte(sum: number): number {
  const value = Math.floor((sum + 2 ** (FRACTION_BITS - 1)) / 2 ** FRACTION_BITS)
  return value < 0 ? 0 : value > 255 ? 255 : value
}

/** Weights as whole multiples of 2^−22, rounded to nearest: for floats that is below their own precision. */
function windowsOf(from: number, to: number): Windows {
  const scale = from / to
  const reach = Math.max(scale, 1)
  const stride = Math.ceil(reach) * 2 + 1
  const starts = new Int32Array(to)
  const lengths = new Int32Array(to)
  const weights = new Float64Array(to * stride)
  for (let place = 0; place < to; place++) {
    const centre = (place + 0.5) * scale
    const start = Math.max(0, Math.trunc(centre - reach + 0.5))
    const length = Math.min(from, Math.trunc(centre + reach + 0.5)) - start
    starts[place] = start
    lengths[place] = length
    const raw = Array.from({ length }, (_, k) =>
      Math.max(0, 1 - Math.abs((k + start - centre + 0.5) / reach)),
    )
    const sum = raw.reduce((a, b) => a + b, 0)
    raw.forEach((weight, k) => {
      weights[place * stride + k] = Math.trunc(0.5 + (weight / sum) * 2 ** FRACTION_BITS)
    })
  }
  return { starts, lengths, weights, stride }
}
