import { emptyPixels, type Pixels } from '../pixels.ts'
import { overLines, type Work } from '../turns.ts'
import { scaleOf } from './opencv-axis.ts'
import { halfToEven } from './rounding.ts'
import { collect, type FractionWindows, type Window } from './windows.ts'

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
  const row = pixels.width * channels
  const meanOf = (sum: number): number => {
    if (!bytes) return sum * scale
    // OpenCV has its own way for the commonest: halves go up there.
    return across === 2 && down === 2 ? (sum + 2) >> 2 : halfToEven(f(f(sum) * scale))
  }
  yield* overLines(height, row * down, (first, end) => {
    for (let y = first, at = first * width * channels; y < end; y++) {
      for (let i = 0; i < width * channels; i++) {
        const start = y * down * row + Math.floor(i / channels) * across * channels + (i % channels)
        let sum = 0
        for (let j = 0; j < down; j++) {
          for (let k = 0; k < across; k++) sum += data[start + j * row + k * channels]!
        }
        made.data[at++] = meanOf(sum)
      }
    }
  })
  return made
}

/** In float32, term by term in OpenCV's order: its rounding is part of the answer. */
function* partial(pixels: Pixels, width: number, height: number): Work<Pixels> {
  const { channels, data } = pixels
  const bytes = data instanceof Uint8Array
  const across = shares(pixels.width, width)
  const down = shares(pixels.height, height)
  const made = emptyPixels(width, height, channels, data)
  const row = width * channels
  yield* overLines(height, row * across.stride * down.stride, (first, end) => {
    for (let y = first; y < end; y++) {
      const sums = new Float32Array(row)
      for (let j = 0; j < down.lengths[y]!; j++) {
        const line = lineOf(pixels, down.starts[y]! + j, across)
        const weight = down.weights[y * down.stride + j]!
        for (let i = 0; i < row; i++) sums[i] = f(sums[i]! + f(weight * line[i]!))
      }
      const target = made.data.subarray(y * row, (y + 1) * row)
      for (let i = 0; i < row; i++) target[i] = bytes ? halfToEven(sums[i]!) : sums[i]!
    }
  })
  return made
}

function lineOf({ width, channels, data }: Pixels, y: number, across: FractionWindows): Float32Array {
  const line = new Float32Array(across.to * channels)
  for (let x = 0, at = 0; x < across.to; x++) {
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0
      const from = (y * width + across.starts[x]!) * channels + channel
      for (let k = 0; k < across.lengths[x]!; k++) {
        sum = f(sum + f(data[from + k * channels]! * across.weights[x * across.stride + k]!))
      }
      line[at++] = sum
    }
  }
  return line
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
