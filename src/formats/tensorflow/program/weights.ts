import type { TensorDtype, TensorInfo } from '../../types.ts'
import { storedDtype } from '../dtypes.ts'
import type { StoredTensor } from '../tensors.ts'

type Numbers = (bytes: Uint8Array) => ArrayLike<number> & Iterable<number>

/** A piece's elements, as numbers; pieces are not aligned. */
const DECODERS: Readonly<Partial<Record<TensorDtype, Numbers>>> = {
  float32: bytes => new Float32Array(aligned(bytes)),
  int32: bytes => new Int32Array(aligned(bytes)),
  uint8: bytes => bytes,
  uint16: bytes => new Uint16Array(aligned(bytes)),
  int8: bytes => new Int8Array(aligned(bytes)),
  int16: bytes => new Int16Array(aligned(bytes)),
  bool: bytes => bytes,
  float16: bytes => Float32Array.from(new Uint16Array(aligned(bytes)), halfValue),
}

const ENCODERS: Readonly<Partial<Record<TensorDtype, (values: readonly number[]) => ArrayBufferView>>> = {
  float32: values => Float32Array.from(values),
  float64: values => Float64Array.from(values),
  int32: values => Int32Array.from(values, Math.round),
  int64: values => BigInt64Array.from(values, value => BigInt(Math.round(value))),
  bool: values => Uint8Array.from(values, value => (value === 0 ? 0 : 1)),
}

/**
 * A weight of TF.js as its graph takes it: quantized ones are stored · scale + min, and TF.js has int32 for int64.
 * `dtype` is the number of the graph's type; the weight itself where it has that type, or where none leads there.
 */
export function asGraphType(tensor: StoredTensor, dtype: number): StoredTensor {
  const { info, bytes } = tensor
  const wanted = storedDtype(dtype)?.dtype
  const [decode, encode] = [DECODERS[info.dtype], wanted && ENCODERS[wanted]]
  if (!wanted || !bytes || !decode || !encode || (wanted === info.dtype && !info.quantization)) return tensor
  const scale = info.quantization?.scale[0] ?? 1
  const min = -(info.quantization?.zeroPoint[0] ?? 0) * scale
  return {
    info: { ...plainOf(info), dtype: wanted, bytes: info.elements * (storedDtype(dtype)?.bytes ?? 1) },
    async *bytes() {
      for await (const piece of bytes()) {
        const view = encode(Array.from(decode(piece), value => value * scale + min))
        yield new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
      }
    },
  }
}

function plainOf({ quantization: _, ...info }: TensorInfo): TensorInfo {
  return info
}

function aligned(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer
}

/** An IEEE 754 half by its bits. */
function halfValue(bits: number): number {
  const [sign, exponent, fraction] = [bits >>> 15 ? -1 : 1, (bits >>> 10) & 31, bits & 1023]
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
