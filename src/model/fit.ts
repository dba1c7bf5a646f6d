import { type Dtype, elementCount, type Tensor, type TensorData } from '../core/index.ts'
import { ModelError } from './errors.ts'
import { isWhole, numbersOf } from './numbers.ts'
import { formatSpec } from './signature.ts'
import type { TensorSpec } from './types.ts'

/**
 * A tensor as `spec` wants it: its numbers in the input's type, and the leading axis of one dropped where the
 * input has no batch axis. Whole numbers become any type that holds them; a fraction never becomes a whole
 * number silently. Sizes are not changed. Throws INPUT_DTYPE.
 */
export function fitInput(spec: TensorSpec, tensor: Tensor): Tensor {
  const drop = tensor.shape[0] === 1 && spec.shape.length > 0 && tensor.shape.length === spec.shape.length + 1
  const shape = drop ? tensor.shape.slice(1) : tensor.shape
  if (tensor.dtype === spec.dtype) return drop ? { ...tensor, shape } : tensor
  if (tensor.dtype === 'string' || spec.dtype === 'string') throw unfit(spec, tensor)
  const numbers = numbersOf(tensor)
  if (isWhole(spec.dtype)) {
    const [low, high] = rangeOf(spec.dtype)
    for (let i = 0; i < numbers.length; i++) {
      const value = numbers[i]!
      if (!Number.isInteger(value) || value < low || value > high) throw unfit(spec, tensor, value)
    }
  }
  return { dtype: spec.dtype, shape, data: converted(spec.dtype, numbers, elementCount(shape)) }
}

function rangeOf(dtype: Dtype): readonly [number, number] {
  if (dtype === 'bool') return [0, 1]
  const bits = Number(dtype.replace(/\D/g, ''))
  return dtype.startsWith('u') ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1]
}

function converted(dtype: Exclude<Dtype, 'string'>, numbers: ArrayLike<number>, length: number): TensorData {
  switch (dtype) {
    case 'float32':
      return Float32Array.from(numbers)
    case 'float64':
      return Float64Array.from(numbers)
    case 'float16':
      return new Uint16Array(Float16Array.from(numbers).buffer)
    case 'bfloat16':
      return toBfloat16(numbers, length)
    case 'int8':
      return Int8Array.from(numbers)
    case 'int16':
      return Int16Array.from(numbers)
    case 'int32':
      return Int32Array.from(numbers)
    case 'uint8':
    case 'bool':
      return Uint8Array.from(numbers)
    case 'uint16':
      return Uint16Array.from(numbers)
    case 'uint32':
      return Uint32Array.from(numbers)
    case 'int64':
      return BigInt64Array.from(Array.from(numbers, BigInt))
    case 'uint64':
      return BigUint64Array.from(Array.from(numbers, BigInt))
  }
}

/** Rounds to nearest, ties to even, on the float32's bits. */
function toBfloat16(numbers: ArrayLike<number>, length: number): Uint16Array {
  const bits = new Uint32Array(Float32Array.from(numbers).buffer)
  const halves = new Uint16Array(length)
  for (let i = 0; i < length; i++) {
    const value = bits[i]!
    const nan = (value & 0x7fffffff) > 0x7f800000
    halves[i] = nan ? 0x7fc0 : (value + 0x7fff + ((value >>> 16) & 1)) >>> 16
  }
  return halves
}

function unfit(spec: TensorSpec, tensor: Tensor, value?: number): ModelError {
  return new ModelError('INPUT_DTYPE', {
    message: `The input ${formatSpec(spec)} can't take ${tensor.dtype} values${value === undefined ? '' : ` such as ${value}`}`,
    hint: `Give ${spec.dtype} values, or check the preprocessing steps.`,
    details: { expected: spec.dtype, found: tensor.dtype },
  })
}
