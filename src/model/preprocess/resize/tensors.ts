import { emptyPixels, type Pixels } from '../pixels.ts'
import { overLines, type Work } from '../turns.ts'
import type { FractionWindows } from './windows.ts'

/** Columns, then rows, in float32 and without rounding to bytes. */
export function* blendFloats(pixels: Pixels, across: FractionWindows, down: FractionWindows): Work<Pixels> {
  const { channels } = pixels
  const wide = emptyPixels(across.to, pixels.height, channels, NO_FLOATS)
  const row = across.to * channels
  yield* overLines(pixels.height, row * across.stride, (first, end) => {
    for (let y = first; y < end; y++) blendLine(pixels, y, across, wide.data.subarray(y * row))
  })
  const made = emptyPixels(across.to, down.to, channels, NO_FLOATS)
  yield* overLines(down.to, row * down.stride, (first, end) => {
    for (let y = first; y < end; y++) blendRows(wide.data, row, y, down, made.data.subarray(y * row))
  })
  return made
}

const NO_FLOATS = new Float32Array(0)

function blendLine(
  { width, channels, data }: Pixels,
  y: number,
  { to, starts, lengths, stride, weights }: FractionWindows,
  target: Pixels['data'],
): void {
  for (let x = 0, at = 0; x < to; x++) {
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0
      for (let k = 0; k < lengths[x]!; k++) {
        const place = Math.min(width - 1, Math.max(0, starts[x]! + k))
        sum += data[(y * width + place) * channels + channel]! * weights[x * stride + k]!
      }
      target[at++] = sum
    }
  }
}

function blendRows(
  source: Pixels['data'],
  row: number,
  y: number,
  { from, starts, lengths, stride, weights }: FractionWindows,
  target: Pixels['data'],
): void {
  target.fill(0, 0, row)
  for (let k = 0; k < lengths[y]!; k++) {
    const line = Math.min(from - 1, Math.max(0, starts[y]! + k)) * row
    const weight = weights[y * stride + k]!
    for (let i = 0; i < row; i++) target[i]! += source[line + i]! * weight
  }
}
