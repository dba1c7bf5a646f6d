import type { Tensor } from '../../core/index.ts'
import type { Pixels } from './pixels.ts'

/** What happens to each number: times `factor`, then (x − mean) / std of its channel. */
export interface ValueMap {
  readonly factor: number
  /** One value, or one for each channel. */
  readonly mean: readonly number[]
  readonly std: readonly number[]
}

export type Order = 'nchw' | 'nhwc' | 'hw'

/** Pixels as a float32 tensor: [1, C, H, W], [1, H, W, C], or [1, H, W] of the only channel. */
export function toTensor(pixels: Pixels, values: ValueMap, order: Order): Tensor {
  const { width, height, channels } = pixels
  const size = width * height
  const data = new Float32Array(size * channels)
  const planar = order !== 'nhwc'
  for (let channel = 0; channel < channels; channel++) {
    const from = { start: channel, step: channels }
    const to = planar ? { start: channel * size, step: 1 } : from
    mapChannel(pixels.data, from, data, to, size, channelMap(values, channel))
  }
  return { dtype: 'float32', shape: shapeOf(pixels, order), data }
}

/** A vector of features: each is its own channel. */
export function mapFeatures(features: Float32Array, values: ValueMap): Float32Array {
  return features.map((value, index) => channelMap(values, index)(value))
}

function shapeOf({ width, height, channels }: Pixels, order: Order): readonly number[] {
  if (order === 'hw') return [1, height, width]
  return order === 'nhwc' ? [1, height, width, channels] : [1, channels, height, width]
}

interface Stride {
  readonly start: number
  readonly step: number
}

function mapChannel(
  source: Pixels['data'],
  from: Stride,
  target: Float32Array,
  to: Stride,
  count: number,
  map: (value: number) => number,
): void {
  // A byte has 256 values: a table gives the same numbers as the formula, some times faster.
  const table =
    source instanceof Uint8Array ? Float32Array.from({ length: 256 }, (_, value) => map(value)) : undefined
  for (let i = 0; i < count; i++) {
    const value = source[from.start + i * from.step]!
    target[to.start + i * to.step] = table ? table[value]! : map(value)
  }
}

/** In double precision, rounded once when it is stored. */
function channelMap({ factor, mean, std }: ValueMap, channel: number): (value: number) => number {
  const m = mean.length === 1 ? mean[0]! : mean[channel]!
  const s = std.length === 1 ? std[0]! : std[channel]!
  return value => (value * factor - m) / s
}
