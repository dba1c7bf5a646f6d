import type { ResizeOptions } from '../../channels-last/index.ts'
import type { Emitter, Value } from '../../graph/types.ts'

type Coordinates = ResizeOptions['coordinates']

/** TensorFlow looks the kernel's values up, in a table of so many steps between two pixels. */
const STEPS = 1024
/** Numbers in a matrix: images of 4,096 pixels a side. */
export const MAX_MATRIX = 2 ** 24

/**
 * A bicubic resize of `[N, H, W, C]` as TensorFlow computes it, its rounded table included: one matrix for each axis,
 * whose rows have the weights of the four pixels around a place.
 */
export function bicubicByMatrices(
  b: Emitter,
  x: Value,
  [height, width]: readonly [from: number, to: number][],
  coordinates: Coordinates,
  channels: number,
): Value {
  const [across, down] = [weights(...width!, coordinates), weights(...height!, coordinates)]
  const wide = b.op('MatMul', [b.constant('float32', [width![1], width![0]], across), x])
  const rows = b.op('Reshape', [wide, b.ints([-1, height![0], width![1] * channels])])
  const high = b.op('MatMul', [b.constant('float32', [height![1], height![0]], down), rows])
  return b.op('Reshape', [high, b.ints([-1, height![1], width![1], channels])])
}

/** `[to, from]`, in C order. */
function weights(from: number, to: number, coordinates: Coordinates): number[] {
  const matrix = new Array<number>(from * to).fill(0)
  const isHalf = coordinates === 'half-pixel'
  const scale = Math.fround(coordinates === 'align-corners' && to > 1 ? (from - 1) / (to - 1) : from / to)
  for (let out = 0; out < to; out++) {
    const place = isHalf ? Math.fround(Math.fround((out + 0.5) * scale) - 0.5) : Math.fround(out * scale)
    const pixel = Math.floor(place)
    const step = roundEven((place - pixel) * STEPS)
    const own = isHalf ? inside(kernel(step, -0.5), pixel, from) : kernel(step, -0.75)
    for (const [i, weight] of own.entries()) {
      const at = Math.min(Math.max(pixel - 1 + i, 0), from - 1)
      matrix[out * from + at]! += weight
    }
  }
  return matrix
}

/** Keys' cubic convolution: of the pixels at −1, 0, 1 and 2 around a place `step / STEPS` behind pixel 0. */
function kernel(step: number, a: number): number[] {
  const near = (x: number): number => ((a + 2) * x - (a + 3)) * x * x + 1
  const far = (x: number): number => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
  const [x, y] = [step / STEPS, (STEPS - step) / STEPS]
  return [far(x + 1), near(x), near(y), far(y + 1)]
}

/** Pixels outside of the image count for nothing, and the others for as much more. */
function inside(own: readonly number[], pixel: number, size: number): number[] {
  const kept = own.map((weight, i) => (pixel - 1 + i >= 0 && pixel - 1 + i < size ? weight : 0))
  const sum = kept.reduce((total, weight) => total + weight, 0)
  return sum === 0 ? kept : kept.map(weight => weight / sum)
}

/** Half to even. */
function roundEven(x: number): number {
  const down = Math.floor(x)
  const rest = x - down
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down
}
