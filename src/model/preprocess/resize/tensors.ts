import { type FloatWindows, imagePasses } from '../../../kernels/index.ts'
import type { Pixels } from '../pixels.ts'
import { overLines, type Work } from '../turns.ts'

/** Columns, then rows, in float32 and without rounding to bytes. Windows lie within the image. */
export function* blendFloats(
  pixels: Pixels,
  across: FloatWindows,
  down: FloatWindows,
): Work<{
  readonly width: number
  readonly height: number
  readonly channels: number
  readonly data: Float32Array
}> {
  const { height, channels, data } = pixels
  const [from, row] = [pixels.width * channels, across.to * channels]
  const wide = new Float32Array(height * row)
  yield* overLines(height, Math.max(from, row * across.stride), (first, end) => {
    const source = data.subarray(first * from, end * from)
    const target = wide.subarray(first * row, end * row)
    if (source instanceof Uint8Array) {
      imagePasses().floatColumns(source, channels, across, target, end - first)
    } else columnsOfFloats(source, channels, across, target, end - first)
  })
  const made = new Float32Array(down.to * row)
  yield* overLines(down.to, row * down.stride, (first, end) => {
    imagePasses().floatRows(wide, row, down, made, first, end)
  })
  return { width: across.to, height: down.to, channels, data: made }
}

/** As the pass over bytes. */
function columnsOfFloats(
  source: Float32Array,
  channels: number,
  { from, to, starts, lengths, stride, weights }: FloatWindows,
  target: Float32Array,
  height: number,
): void {
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < to; x++) {
      const first = (y * from + starts[x]!) * channels
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0
        for (let k = 0; k < lengths[x]!; k++) {
          sum += source[first + k * channels + channel]! * weights[x * stride + k]!
        }
        target[at++] = sum
      }
    }
  }
}
