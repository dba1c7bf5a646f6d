import type { FloatWindows } from '../../../kernels/index.ts'
import { emptyPixels, type Pixels } from '../pixels.ts'
import { overLines, type Work } from '../turns.ts'
import { scaleOf } from './opencv-axis.ts'
import { halfToEven } from './rounding.ts'
import { blendFloats } from './tensors.ts'
import { collect, type FractionWindows, single, type Window, WindowCache } from './windows.ts'

const f = Math.fround

/** Whether every output takes the same whole number of inputs. */
export function isWholeScale(from: number, to: number): boolean {
  const scale = scaleOf(from, to)
  return Math.abs(Math.round(scale) - scale) < Number.EPSILON
}

/** OpenCV's INTER_AREA where both axes shrink: means, of whole inputs where the scale is whole. */
export function averageAsOpencv(pixels: Pixels, width: number, height: number): Work<Pixels> {
  const whole = isWholeScale(pixels.width, width) && isWholeScale(pixels.height, height)
  return whole ? blocks(pixels, width, height) : partial(pixels, width, height)
}

function* blocks(pixels: Pixels, width: number, height: number): Work<Pixels> {
  const { channels, data } = pixels
  const bytes = data instanceof Uint8Array
  const [across, down] = [Math.round(pixels.width / width), Math.round(pixels.height / height)]
  const scale = f(1 / (across * down))
  const made = emptyPixels(width, height, channels, data)
  const target = made.data
  const line = pixels.width * channels
  const row = width * channels
  if (bytes && across === 2 && down === 2) {
    yield* overLines(height, row * 2, (first, end) => {
      for (let y = first; y < end; y++) halve(data, 2 * y * line, line, channels, made.data, y * row, row)
    })
    return made
  }
  yield* overLines(height, line * down, (first, end) => {
    const sums = new Float64Array(row)
    for (let y = first; y < end; y++) {
      sums.fill(0)
      for (let j = 0; j < down; j++) addBlocks(data, (y * down + j) * line, across, channels, sums)
      for (let i = 0, at = y * row; i < row; i++, at++) {
        const sum = sums[i]!
        target[at] = bytes ? halfToEven(f(f(sum) * scale)) : sum * scale
      }
    }
  })
  return made
}

/** Two by two bytes, halves rounded up: OpenCV's own way for the commonest. */
function halve(
  source: Uint8Array,
  from: number,
  line: number,
  channels: number,
  target: Pixels['data'],
  to: number,
  count: number,
): void {
  for (let i = 0, at = from; i < count; i += channels, at += channels) {
    for (let channel = 0; channel < channels; channel++, at++) {
      const below = at + line
      const sum = source[at]! + source[at + channels]! + source[below]! + source[below + channels]!
      target[to + i + channel] = (sum + 2) >> 2
    }
  }
}

/** Adds up to each element of a row its inputs of one line. */
function addBlocks(
  source: Pixels['data'],
  from: number,
  across: number,
  channels: number,
  sums: Float64Array,
): void {
  for (let i = 0, at = from; i < sums.length; i += channels) {
    for (let k = 0; k < across; k++) {
      for (let channel = 0; channel < channels; channel++) sums[i + channel]! += source[at++]!
    }
  }
}

const cache = new WindowCache<FloatWindows>()

/** In float32, term by term in OpenCV's order: its rounding is part of the answer. */
function* partial(pixels: Pixels, width: number, height: number): Work<Pixels> {
  const windows = (from: number, to: number): FloatWindows =>
    cache.get(`${from} ${to}`, () => single(shares(from, to)))
  const made = yield* blendFloats(pixels, windows(pixels.width, width), windows(pixels.height, height))
  if (!(pixels.data instanceof Uint8Array)) return made
  const { data } = made
  const bytes = new Uint8Array(data.length)
  yield* overLines(height, width * pixels.channels, (first, end) => {
    const row = width * pixels.channels
    for (let i = first * row; i < end * row; i++) bytes[i] = halfToEven(data[i]!)
  })
  return { ...made, data: bytes }
}

/** Less of an input than this is none. */
const LEAST_SHARE = 1e-3

/** How much of each input an output covers: computeResizeAreaTab. Weights are float32. */
function shares(from: number, to: number): FractionWindows {
  const scale = scaleOf(from, to)
  return collect(from, to, (place): Window => {
    const begin = place * scale
    const end = begin + scale
    const width = Math.min(scale, from - begin)
    const last = Math.min(Math.floor(end), from - 1)
    const first = Math.min(Math.ceil(begin), last)
    const weights: number[] = []
    if (first - begin > LEAST_SHARE) weights.push(f((first - begin) / width))
    const start = first - weights.length
    for (let at = first; at < last; at++) weights.push(f(1 / width))
    if (end - last > LEAST_SHARE) weights.push(f(Math.min(end - last, 1, width) / width))
    return { start, weights }
  })
}
