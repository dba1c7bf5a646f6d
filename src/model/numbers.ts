import type { Dtype, Tensor } from '../core/index.ts'
import { ModelError } from './errors.ts'

/** A numeric tensor's elements as numbers; int64 beyond 2^53 loses its last digits. Throws OUTPUT_INVALID for strings. */
export function numbersOf({ dtype, data }: Tensor): ArrayLike<number> {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data, Number)
  if (dtype === 'float16' && data instanceof Uint16Array)
    return Float32Array.from(new Float16Array(data.buffer, data.byteOffset, data.length))
  if (dtype === 'bfloat16' && data instanceof Uint16Array) return fromBfloat16(data)
  if (ArrayBuffer.isView(data)) return data
  throw new ModelError('OUTPUT_INVALID', {
    message: 'Expected numbers, found a tensor of strings',
    hint: 'Name an output of numbers as model.output.',
  })
}

/** bfloat16 is the upper half of a float32. */
function fromBfloat16(data: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(data, bits => bits << 16).buffer)
}

/** Whether elements of this type are whole numbers. */
export function isWhole(dtype: Dtype): boolean {
  return dtype.startsWith('int') || dtype.startsWith('uint') || dtype === 'bool'
}
