import { imagePasses, type Pairs } from '../../../kernels/index.ts'
import { emptyPixels, type Pixels } from '../pixels.ts'
import { overLines, type Work } from '../turns.ts'
import { type Axis, axisOf, type Interpolation } from './opencv-axis.ts'
import { halfToEven } from './rounding.ts'
import { WindowCache } from './windows.ts'

/** Bits of the fraction in OpenCV's weights for bytes. */
const BITS = 11
const ONE = 2 ** BITS
/** Elements that OpenCV's baseline SIMD takes at once where it blends rows of bytes. */
const LANES = 8

type Line = Int32Array | Float32Array
const axes = new WindowCache<Pairs>()

/** The commonest: two neighbours each way, over bytes, by the kernels. */
export function* linearAsOpencv(
  pixels: Pixels,
  width: number,
  height: number,
  by: 'bilinear' | 'area',
): Work<Pixels> {
  const { channels, data } = pixels
  if (!(data instanceof Uint8Array)) return yield* interpolateAsOpencv(pixels, width, height, by)
  const pairs = (from: number, to: number, clamped: boolean): Pairs =>
    axes.get(`${by} ${from} ${to} ${clamped}`, () => {
      const axis = axisOf(from, to, by, clamped)
      return { from, starts: axis.starts, weights: Int16Array.from(shorts(axis)) }
    })
  const across = pairs(pixels.width, width, true)
  const down = pairs(pixels.height, height, false)
  const made = new Uint8Array(width * height * channels)
  yield* overLines(height, width * channels * 4, (first, end) => {
    imagePasses().linear(data, channels, across, down, made, first, end)
  })
  return { width, height, channels, data: made }
}

/** Columns of the few rows that each output row needs, then those rows: OpenCV's resizeGeneric_. */
export function* interpolateAsOpencv(
  pixels: Pixels,
  width: number,
  height: number,
  by: Interpolation,
): Work<Pixels> {
  const { channels, data } = pixels
  const bytes = data instanceof Uint8Array
  const made = emptyPixels(width, height, channels, data)
  const across = axisOf(pixels.width, width, by, true)
  const down = axisOf(pixels.height, height, by, false)
  const weights = bytes ? { across: shorts(across), down: shorts(down) } : undefined
  const row = width * channels
  const lines = new Map<number, Line>()
  const lineAt = (y: number): Line => {
    const line = lines.get(y) ?? lineOf(pixels, y, across, weights?.across ?? across.weights)
    lines.set(y, line)
    return line
  }
  const blend = !bytes ? floats : by === 'bicubic' ? cubic : exactly
  yield* overLines(height, row * across.taps * 2, (first, end) => {
    for (let y = first; y < end; y++) {
      const start = down.starts[y]!
      const rows = Array.from({ length: down.taps }, (_, k) =>
        Math.min(pixels.height - 1, Math.max(0, start + k)),
      )
      for (const known of lines.keys()) if (known < rows[0]!) lines.delete(known)
      const target = made.data.subarray(y * row, (y + 1) * row)
      blend(rows.map(lineAt), weights?.down ?? down.weights, y * down.taps, target)
    }
  })
  return made
}

function shorts({ weights }: Axis): Float32Array {
  return weights.map(weight => halfToEven(Math.fround(weight * ONE)))
}

function lineOf(pixels: Pixels, y: number, { taps, starts }: Axis, weights: Float32Array): Line {
  const { width, channels, data } = pixels
  const count = starts.length * channels
  const line = data instanceof Uint8Array ? new Int32Array(count) : new Float32Array(count)
  for (let x = 0, at = 0; x < starts.length; x++) {
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0
      for (let k = 0; k < taps; k++) {
        const place = Math.min(width - 1, Math.max(0, starts[x]! + k))
        sum += data[(y * width + place) * channels + channel]! * weights[x * taps + k]!
      }
      line[at++] = sum
    }
  }
  return line
}

/** Whole vectors in float32, rounded half to even; the rest exactly: OpenCV's two ways, within one row. */
function cubic(lines: readonly Line[], weights: Axis['weights'], base: number, to: Pixels['data']): void {
  const whole = to.length - (to.length % LANES)
  const scaled = [0, 1, 2, 3].map(k => Math.fround(weights[base + k]! * 2 ** (-2 * BITS)))
  for (let i = 0; i < whole; i++) {
    let sum = Math.fround(lines[3]![i]! * scaled[3]!)
    for (let k = 2; k >= 0; k--) sum = Math.fround(Math.fround(lines[k]![i]! * scaled[k]!) + sum)
    to[i] = clamp(halfToEven(sum))
  }
  exact(lines, weights, base, to, whole)
}

function exactly(lines: readonly Line[], weights: Axis['weights'], base: number, to: Pixels['data']): void {
  exact(lines, weights, base, to, 0)
}

function exact(
  lines: readonly Line[],
  weights: Axis['weights'],
  base: number,
  to: Pixels['data'],
  first: number,
): void {
  for (let i = first; i < to.length; i++) {
    let sum = 2 ** (2 * BITS - 1)
    for (let k = 0; k < lines.length; k++) sum += lines[k]![i]! * weights[base + k]!
    to[i] = clamp(Math.floor(sum / 2 ** (2 * BITS)))
  }
}

function floats(lines: readonly Line[], weights: Axis['weights'], base: number, to: Pixels['data']): void {
  for (let i = 0; i < to.length; i++) {
    let sum = 0
    for (let k = 0; k < lines.length; k++) sum += lines[k]![i]! * weights[base + k]!
    to[i] = sum
  }
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value
}
