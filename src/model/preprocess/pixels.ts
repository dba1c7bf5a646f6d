import { elementCount, type Tensor } from '../../core/index.ts'
import { ModelError } from '../errors.ts'
import { numbersOf } from '../numbers.ts'

/** An image between its source and the tensor: rows, then columns, then channels. Bytes, or floats on the same 0…255 scale. */
export interface Pixels {
  readonly width: number
  readonly height: number
  readonly channels: number
  readonly data: Uint8Array | Float32Array
}

/**
 * An array as pixels: (H, W), (H, W, C) with 1, 3 or 4 channels, or (1 or 3, H, W) where the last axis can't be
 * the channels. Throws EXAMPLE_INVALID.
 */
export function pixelsOf(example: Tensor): Pixels {
  const { shape } = example
  if (
    example.dtype === 'string' ||
    elementCount(shape) !== example.data.length ||
    example.data.length === 0
  ) {
    throw notAnImage(example)
  }
  const data =
    example.dtype === 'uint8' && example.data instanceof Uint8Array ? example.data : floats(example)
  const [a = 0, b = 0, c = 0] = shape
  if (shape.length === 2) return { height: a, width: b, channels: 1, data }
  if (shape.length !== 3) throw notAnImage(example)
  if (c === 1 || c === 3 || c === 4) return { height: a, width: b, channels: c, data }
  if (a === 1) return { height: b, width: c, channels: 1, data }
  if (a === 3) return channelsLast({ height: b, width: c, channels: 3, data })
  throw notAnImage(example)
}

/** Without alpha; and in `channels` channels: one is repeated to make three. */
export function withChannels(pixels: Pixels, channels: 1 | 3): Pixels {
  if (pixels.channels === channels) return pixels
  const { width, height, data } = pixels
  const made = emptyPixels(width, height, channels, data)
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      made.data[pixel * channels + channel] =
        data[pixel * pixels.channels + Math.min(channel, pixels.channels - 1)]!
    }
  }
  return made
}

/** Black pixels with the same kind of elements as `like`. */
export function emptyPixels(width: number, height: number, channels: number, like: Pixels['data']): Pixels {
  const length = width * height * channels
  return {
    width,
    height,
    channels,
    data: like instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length),
  }
}

function floats(example: Tensor): Float32Array {
  return example.data instanceof Float32Array ? example.data : Float32Array.from(numbersOf(example))
}

function channelsLast(planes: Pixels): Pixels {
  const { width, height, channels, data } = planes
  const made = emptyPixels(width, height, channels, data)
  const size = width * height
  for (let pixel = 0; pixel < size; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      made.data[pixel * channels + channel] = data[channel * size + pixel]!
    }
  }
  return made
}

function notAnImage({ dtype, shape }: Tensor): ModelError {
  return new ModelError('EXAMPLE_INVALID', {
    message: `Expected an image as an array (H, W) or (H, W, 1, 3 or 4), found ${dtype}[${shape.join(', ')}]`,
    hint: 'Store one image an example, or leave the image steps out of model.preprocess.',
    details: { dtype, shape },
  })
}
