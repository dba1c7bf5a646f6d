import { viewAs } from '../../../core/index.ts'
import type { TensorDtype } from '../../../formats/index.ts'

/** Types that elements are converted to on their way into a weight. */
export type NumberDtype = 'float32' | 'float64' | 'int64'

const READERS = {
  bool: bytes => bytes,
  int8: bytes => viewAs('int8', bytes),
  int16: bytes => viewAs('int16', bytes),
  int32: bytes => viewAs('int32', bytes),
  int64: bytes => viewAs('int64', bytes),
  uint8: bytes => bytes,
  uint16: bytes => viewAs('uint16', bytes),
  uint32: bytes => viewAs('uint32', bytes),
  uint64: bytes => viewAs('uint64', bytes),
  float16: bytes => new Float16Array(Uint8Array.from(bytes).buffer),
  float32: bytes => viewAs('float32', bytes),
  float64: bytes => viewAs('float64', bytes),
} satisfies Partial<Record<TensorDtype, (bytes: Uint8Array) => ArrayLike<number | bigint>>>

const isNumber = (dtype: TensorDtype): dtype is keyof typeof READERS => Object.hasOwn(READERS, dtype)

/** Little-endian elements as numbers; undefined for types that are none. */
export function numbersIn(dtype: TensorDtype, bytes: Uint8Array): Float64Array | undefined {
  if (!isNumber(dtype)) return undefined
  return Float64Array.from(READERS[dtype](bytes) as ArrayLike<number>, Number)
}

/** The same elements, little-endian, in another type. float64 to float32 rounds to the nearest. */
export function converted(from: TensorDtype, bytes: Uint8Array, to: NumberDtype): Uint8Array | undefined {
  if (from === to) return bytes
  if (!isNumber(from)) return undefined
  const elements = READERS[from](bytes)
  if (to !== 'int64') {
    const numbers = Float64Array.from(elements as ArrayLike<number>, Number)
    return bytesOf(to === 'float64' ? numbers : Float32Array.from(numbers))
  }
  const integers = BigInt64Array.from(elements as ArrayLike<number>, element =>
    typeof element === 'bigint' ? element : BigInt(Math.trunc(Number.isFinite(element) ? element : 0)),
  )
  return bytesOf(integers)
}

export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
