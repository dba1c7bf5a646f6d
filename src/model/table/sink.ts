import { type Dtype, type Tensor, viewAs } from '../../core/index.ts'
import { fitInput } from '../fit.ts'
import { isWhole } from '../numbers.ts'
import type { TensorSpec } from '../types.ts'

/** Where encoded values go: the memory of an input in the making. */
export interface Sink {
  /** Gives what is wrong with the value where the input's type can't hold it. */
  put(at: number, value: number | bigint | string): string | undefined
  tensor(shape: readonly number[]): Tensor
}

const MAX_FLOAT32 = 3.4028234663852886e38
/** Largest finite value of the floats; bfloat16 has float32's exponents. */
const LARGEST: Partial<Record<Dtype, number>> = {
  float32: MAX_FLOAT32,
  bfloat16: 3.3895313892515355e38,
  float16: 65_504,
  float64: Number.MAX_VALUE,
}

export function sinkOf(spec: TensorSpec, length: number): Sink {
  const { dtype } = spec
  if (dtype === 'string') return textSink(length)
  return isWhole(dtype) ? wholeSink(dtype, length) : floatSink(spec, length)
}

function textSink(length: number): Sink {
  const data: string[] = Array(length).fill('')
  return {
    put(at, value) {
      data[at] = String(value)
      return undefined
    },
    tensor: shape => ({ dtype: 'string', shape, data }),
  }
}

/** Halves are made of floats at the end, by the way all other inputs take. */
function floatSink(spec: TensorSpec, length: number): Sink {
  const largest = LARGEST[spec.dtype] ?? MAX_FLOAT32
  const dtype = spec.dtype === 'float64' ? 'float64' : 'float32'
  const data = dtype === 'float64' ? new Float64Array(length) : new Float32Array(length)
  return {
    put(at, value) {
      const number = Number(value)
      // NaN is let through: columns say whether it may be.
      if (Math.abs(number) > largest) return `${value} is beyond what ${spec.dtype} holds`
      data[at] = number
      return undefined
    },
    tensor: shape =>
      spec.dtype === dtype
        ? { dtype, shape, data }
        : fitInput({ ...spec, shape: [] }, { dtype, shape, data }),
  }
}

function wholeSink(dtype: Exclude<Dtype, 'string'>, length: number): Sink {
  const bits = dtype === 'bool' ? 1 : Number(dtype.replace(/\D/g, ''))
  const signed = dtype.startsWith('int')
  const data = viewAs(dtype, new Uint8Array(length * Math.ceil(bits / 8)))
  const low = signed ? -(2n ** BigInt(bits - 1)) : 0n
  const high = signed ? -low - 1n : 2n ** BigInt(bits) - 1n
  return {
    put(at, value) {
      if (typeof value === 'number' && !Number.isInteger(value)) return `${value} is no whole number`
      const whole = BigInt(value)
      if (whole < low || whole > high) return `${value} is beyond what ${dtype} holds`
      if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[at] = whole
      else data[at] = Number(whole)
      return undefined
    },
    tensor: shape => ({ dtype, shape, data }),
  }
}
