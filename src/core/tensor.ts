/**
 * The element types that a model's inputs and outputs have here, by ONNX's lower-case names. float16 and
 * bfloat16 are held as their 16 raw bits in a Uint16Array.
 */
export const DTYPES = [
  'float32',
  'float64',
  'float16',
  'bfloat16',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'bool',
  'string',
] as const
export type Dtype = (typeof DTYPES)[number]

export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | readonly string[]

/** Dense, row-major (C order), little-endian in memory. `data.length` is the product of `shape`. */
export interface Tensor {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly data: TensorData
}

/** Tensors by the names of a model's inputs or outputs. */
export type Tensors = Readonly<Record<string, Tensor>>

const BYTES: Readonly<Record<Exclude<Dtype, 'string'>, number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  bool: 1,
}

/** Types whose elements lie in memory as the numbers that they are. */
export type NumericDtype = Exclude<Dtype, 'float16' | 'bfloat16' | 'string'>

export function isNumericDtype(dtype: string): dtype is NumericDtype {
  return dtype !== 'float16' && dtype !== 'bfloat16' && Object.hasOwn(BYTES, dtype)
}

/** Bytes of one element; undefined for `string`. */
export function bytesPerElement(dtype: Dtype): number | undefined {
  return dtype === 'string' ? undefined : BYTES[dtype]
}

/** Product of a shape; 1 for a scalar's empty shape. Exact up to 2^53, else Infinity. */
export function elementCount(shape: readonly number[]): number {
  const count = shape.reduce((product, size) => product * size, 1)
  return Number.isSafeInteger(count) ? count : Number.POSITIVE_INFINITY
}

/** A view of `bytes` as elements; copies when `bytes` is not aligned. Not for `string`. */
export function viewAs(
  dtype: Exclude<Dtype, 'string'>,
  bytes: Uint8Array,
): Exclude<TensorData, readonly string[]> {
  const size = BYTES[dtype]
  // Not slice(): a Buffer's is a view.
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes)
  const { buffer, byteOffset } = aligned
  const length = Math.floor(aligned.byteLength / size)
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, length)
    case 'float64':
      return new Float64Array(buffer, byteOffset, length)
    case 'float16':
    case 'bfloat16':
    case 'uint16':
      return new Uint16Array(buffer, byteOffset, length)
    case 'int8':
      return new Int8Array(buffer, byteOffset, length)
    case 'int16':
      return new Int16Array(buffer, byteOffset, length)
    case 'int32':
      return new Int32Array(buffer, byteOffset, length)
    case 'int64':
      return new BigInt64Array(buffer, byteOffset, length)
    case 'uint8':
    case 'bool':
      return new Uint8Array(buffer, byteOffset, length)
    case 'uint32':
      return new Uint32Array(buffer, byteOffset, length)
    case 'uint64':
      return new BigUint64Array(buffer, byteOffset, length)
  }
}
