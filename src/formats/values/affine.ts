import { failuresOf } from '../errors.ts'
import type { TensorInfo } from '../types.ts'
import type { Numbers } from './plain.ts'

const fail = failuresOf('tensor values', 'Convert the model again with a current converter.')

/** Takes a tensor's stored numbers in order and gives the real ones: (stored − zeroPoint) · scale, by `axis`. */
export type Dequantize = (stored: Numbers) => Numbers

/** Undefined where a tensor isn't quantized. Throws FORMAT_MALFORMED for scales that do not fit its shape. */
export function dequantizerOf({ name, shape, quantization }: TensorInfo): Dequantize | undefined {
  if (!quantization) return undefined
  const { scale, zeroPoint, axis } = quantization
  const scales = scale.length
  const fits = scales === 1 || (axis !== undefined && scales === shape[axis])
  if (!fits || (zeroPoint.length !== scales && zeroPoint.length !== 1))
    throw fail.malformed(
      { name },
      `${scales} scales and ${zeroPoint.length} zero points for axis ${axis ?? 'none'} of the shape [${shape.join(', ')}]`,
    )
  // Elements that follow one another within one slice of the axis.
  const run = scales === 1 ? 1 : shape.slice(axis! + 1).reduce((product, size) => product * size, 1)
  let position = 0
  return stored => {
    // float64 as soon as the stored numbers need it, float32 for those of at most 16 bits.
    const real =
      stored instanceof Float64Array ? new Float64Array(stored.length) : new Float32Array(stored.length)
    for (let i = 0; i < stored.length; i++, position++) {
      const slice = scales === 1 ? 0 : Math.floor(position / run) % scales
      const zero = zeroPoint.length === 1 ? zeroPoint[0]! : zeroPoint[slice]!
      real[i] = (stored[i]! - zero) * scale[slice]!
    }
    return real
  }
}
