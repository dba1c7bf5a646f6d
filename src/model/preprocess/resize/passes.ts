import { FRACTION_BITS, imagePasses, type Windows } from '../../../kernels/index.ts'
import { emptyPixels, type Pixels } from '../pixels.ts'
import { overLines, type Work } from '../turns.ts'

/** One pass over columns, or over rows: bytes are rounded, floats are not. */
export function* blendColumns(pixels: Pixels, windows: Windows): Work<Pixels> {
  const { height, channels, data } = pixels
  const made = emptyPixels(windows.to, height, channels, data)
  const [row, madeRow] = [pixels.width * channels, windows.to * channels]
  const target = made.data
  yield* overLines(height, Math.max(row, madeRow * windows.stride), (first, end) => {
    const part = data.subarray(first * row, end * row)
    const to = target.subarray(first * madeRow, end * madeRow)
    if (part instanceof Uint8Array && to instanceof Uint8Array) {
      imagePasses().columns(part, channels, windows, to, end - first)
    } else {
      floatColumns(part, channels, windows, to, end - first)
    }
  })
  return made
}

export function* blendRows(pixels: Pixels, windows: Windows): Work<Pixels> {
  const { width, channels, data } = pixels
  const made = emptyPixels(width, windows.to, channels, data)
  const target = made.data
  const row = width * channels
  yield* overLines(windows.to, row * windows.stride, (first, end) => {
    if (data instanceof Uint8Array && target instanceof Uint8Array) {
      imagePasses().rows(data, row, windows, target, first, end)
    } else {
      floatRows(data, row, windows, target, first, end)
    }
  })
  return made
}

const ONE = 2 ** FRACTION_BITS

function floatColumns(
  source: Pixels['data'],
  channels: number,
  { from, to, starts, lengths, stride, weights }: Windows,
  target: Pixels['data'],
  height: number,
): void {
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < to * channels; i++) {
      const x = Math.floor(i / channels)
      const first = (y * from + starts[x]!) * channels + (i % channels)
      let sum = 0
      for (let k = 0; k < lengths[x]!; k++) sum += source[first + k * channels]! * weights[x * stride + k]!
      target[y * to * channels + i] = sum / ONE
    }
  }
}

function floatRows(
  source: Pixels['data'],
  row: number,
  { starts, lengths, stride, weights }: Windows,
  target: Pixels['data'],
  first: number,
  end: number,
): void {
  for (let y = first; y < end; y++) {
    for (let i = 0; i < row; i++) {
      let sum = 0
      const from = starts[y]! * row + i
      for (let k = 0; k < lengths[y]!; k++) sum += source[from + k * row]! * weights[y * stride + k]!
      target[y * row + i] = sum / ONE
    }
  }
}
