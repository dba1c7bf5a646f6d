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

type Numeric = (value: number) => number

/** A `ValueMap` made ready once for many examples. */
export class Values {
  readonly #map: ValueMap
  /** By channel: what each of the 256 bytes becomes. The same numbers as the formula, some times faster. */
  readonly #tables: Float32Array[] = []

  constructor(map: ValueMap) {
    this.#map = map
  }

  /** Pixels as a float32 tensor: [1, C, H, W], [1, H, W, C], or [1, H, W] of the only channel. */
  toTensor(pixels: Pixels, order: Order): Tensor {
    const { width, height, channels } = pixels
    const size = width * height
    const data = new Float32Array(size * channels)
    const planar = order !== 'nhwc'
    for (let channel = 0; channel < channels; channel++) {
      const from = { start: channel, step: channels }
      const to = planar ? { start: channel * size, step: 1 } : from
      if (pixels.data instanceof Uint8Array) lookUp(pixels.data, from, data, to, size, this.#table(channel))
      else mapEach(pixels.data, from, data, to, size, channelMap(this.#map, channel))
    }
    return { dtype: 'float32', shape: shapeOf(pixels, order), data }
  }

  /** A vector of features: each is its own channel. */
  ofFeatures(features: Float32Array): Float32Array {
    return features.map((value, index) => channelMap(this.#map, index)(value))
  }

  #table(channel: number): Float32Array {
    const map = channelMap(this.#map, channel)
    this.#tables[channel] ??= Float32Array.from({ length: 256 }, (_, value) => map(value))
    return this.#tables[channel]
  }
}

function shapeOf({ width, height, channels }: Pixels, order: Order): readonly number[] {
  if (order === 'hw') return [1, height, width]
  return order === 'nhwc' ? [1, height, width, channels] : [1, channels, height, width]
}

interface Stride {
  readonly start: number
  readonly step: number
}

function lookUp(
  source: Uint8Array,
  from: Stride,
  target: Float32Array,
  to: Stride,
  count: number,
  table: Float32Array,
): void {
  for (let i = 0; i < count; i++) target[to.start + i * to.step] = table[source[from.start + i * from.step]!]!
}

function mapEach(
  source: Float32Array,
  from: Stride,
  target: Float32Array,
  to: Stride,
  count: number,
  map: Numeric,
): void {
  for (let i = 0; i < count; i++) target[to.start + i * to.step] = map(source[from.start + i * from.step]!)
}

/** In double precision, rounded once when it is stored. */
function channelMap({ factor, mean, std }: ValueMap, channel: number): Numeric {
  const m = mean.length === 1 ? mean[0]! : mean[channel]!
  const s = std.length === 1 ? std[0]! : std[channel]!
  return value => (value * factor - m) / s
}
