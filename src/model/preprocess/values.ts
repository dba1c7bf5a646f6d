import type { Tensor } from '../../core/index.ts'
import { imagePasses } from '../../kernels/index.ts'
import type { Pixels } from './pixels.ts'
import { overLines, type Work } from './turns.ts'

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
  *toTensor(pixels: Pixels, order: Order): Work<Tensor> {
    const { width, height, channels, data: source } = pixels
    const data = new Float32Array(width * height * channels)
    const planar = order !== 'nhwc'
    const channelNumbers = Array.from({ length: channels }, (_, channel) => channel)
    if (source instanceof Uint8Array) {
      const tables = channelNumbers.map(channel => this.#table(channel))
      yield* overLines(height, width * channels * 2, (first, end) => {
        imagePasses().lookUp(source, tables, planar, data, first * width, end * width)
      })
    } else {
      const maps = channelNumbers.map(channel => channelMap(this.#map, channel))
      yield* overLines(height, width * channels * 2, (first, end) => {
        mapEach(source, maps, planar, data, first * width, end * width)
      })
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

/** Pixels `first` to before `end` of floats, each by its channel's map. */
function mapEach(
  source: Float32Array,
  maps: readonly Numeric[],
  planar: boolean,
  target: Float32Array,
  first: number,
  end: number,
): void {
  const channels = maps.length
  const size = source.length / channels
  for (const [channel, map] of maps.entries()) {
    for (let pixel = first; pixel < end; pixel++) {
      const place = pixel * channels + channel
      target[planar ? channel * size + pixel : place] = map(source[place]!)
    }
  }
}

/** In double precision, rounded once when it is stored. */
function channelMap({ factor, mean, std }: ValueMap, channel: number): Numeric {
  const m = mean.length === 1 ? mean[0]! : mean[channel]!
  const s = std.length === 1 ? std[0]! : std[channel]!
  return value => (value * factor - m) / s
}
