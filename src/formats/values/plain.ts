import { bfloat16ToFloat32, float16ToFloat32 } from '../../kernels/index.ts'
import type { TensorDtype } from '../types.ts'
import { extendedAt } from './extended.ts'
import { type MinifloatDtype, minifloatTable } from './minifloats.ts'

export type Numbers = Float32Array | Float64Array

/** Whole blocks of stored bytes, little-endian, to numbers. */
export type Decode = (bytes: Uint8Array) => Numbers

/** numpy's "not a time". */
const NOT_A_TIME: bigint = -(2n ** 63n)

/**
 * Decoders of everything but ggml's blocks. float32 wherever it holds every number of the type, else float64, which
 * rounds int64 and uint64 beyond 2^53 and float128.
 */
export const PLAIN: Readonly<Partial<Record<TensorDtype, Decode>>> = {
  bool: decodeBools,
  int8: bytes => new Float32Array(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
  uint8: bytes => new Float32Array(bytes),
  int16: bytes => new Float32Array(view(bytes, Int16Array)),
  uint16: bytes => new Float32Array(view(bytes, Uint16Array)),
  int32: bytes => new Float64Array(view(bytes, Int32Array)),
  uint32: bytes => new Float64Array(view(bytes, Uint32Array)),
  int64: bytes => decodeLong(bytes, view(bytes, Int32Array)),
  uint64: bytes => decodeLong(bytes, view(bytes, Uint32Array)),
  float16: bytes => float16ToFloat32(view(bytes, Uint16Array)),
  bfloat16: bytes => bfloat16ToFloat32(view(bytes, Uint16Array)),
  float32: bytes => view(bytes, Float32Array),
  float64: bytes => view(bytes, Float64Array),
  float128: decodeExtended,
  // Real and imaginary parts, both.
  complex64: bytes => view(bytes, Float32Array),
  complex128: bytes => view(bytes, Float64Array),
  datetime64: decodeTimes,
  timedelta64: decodeTimes,
  float8e4m3fn: minifloats('float8e4m3fn', 8),
  float8e4m3fnuz: minifloats('float8e4m3fnuz', 8),
  float8e5m2: minifloats('float8e5m2', 8),
  float8e5m2fnuz: minifloats('float8e5m2fnuz', 8),
  float8e8m0: minifloats('float8e8m0', 8),
  float6e2m3: minifloats('float6e2m3', 6),
  float6e3m2: minifloats('float6e3m2', 6),
  float4e2m1: minifloats('float4e2m1', 4),
  uint4: packed(4, code => code),
  int4: packed(4, code => (code < 8 ? code : code - 16)),
  uint2: packed(2, code => code),
  int2: packed(2, code => (code < 2 ? code : code - 4)),
}

interface ViewType<T> {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T
}

/** Whole elements as a view; copied where they are not aligned. */
function view<T>(bytes: Uint8Array, type: ViewType<T>): T {
  const size = type.BYTES_PER_ELEMENT
  // Not slice(): a Buffer's is a view.
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes)
  return new type(buffer, byteOffset, Math.floor(byteLength / size))
}

function decodeBools(bytes: Uint8Array): Float32Array {
  const numbers = new Float32Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) numbers[i] = bytes[i] === 0 ? 0 : 1
  return numbers
}

/** 64-bit integers by halves: the sum is rounded once, to nearest and ties to even. `high` has the sign. */
function decodeLong(bytes: Uint8Array, high: Int32Array | Uint32Array): Float64Array {
  const low = view(bytes, Uint32Array)
  const numbers = new Float64Array(Math.floor(low.length / 2))
  for (let i = 0; i < numbers.length; i++) numbers[i] = high[2 * i + 1]! * 2 ** 32 + low[2 * i]!
  return numbers
}

function decodeExtended(bytes: Uint8Array): Float64Array {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Float64Array.from({ length: Math.floor(bytes.byteLength / 16) }, (_, i) => extendedAt(data, i * 16))
}

function decodeTimes(bytes: Uint8Array): Float64Array {
  return Float64Array.from(view(bytes, BigInt64Array), count =>
    count === NOT_A_TIME ? Number.NaN : Number(count),
  )
}

function minifloats(dtype: MinifloatDtype, bits: 4 | 6 | 8): Decode {
  return bytes => lookUp(bytes, bits, minifloatTable(dtype))
}

function packed(bits: 2 | 4, number: (code: number) => number): Decode {
  const table = Float32Array.from({ length: 2 ** bits }, (_, code) => number(code))
  return bytes => lookUp(bytes, bits, table)
}

/** Codes from the lowest bits up, as ONNX and numpy's ml_dtypes pack them, through a table. */
function lookUp(bytes: Uint8Array, bits: 2 | 4 | 6 | 8, table: Float32Array): Float32Array {
  if (bits === 6) return lookUpSextets(bytes, table)
  const perByte = 8 / bits
  const mask = 2 ** bits - 1
  const numbers = new Float32Array(bytes.length * perByte)
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    for (let j = 0; j < perByte; j++) numbers[i * perByte + j] = table[(byte >> (j * bits)) & mask]!
  }
  return numbers
}

/** Four codes in three bytes; a code may lie in two of them. */
function lookUpSextets(bytes: Uint8Array, table: Float32Array): Float32Array {
  const numbers = new Float32Array(Math.floor((bytes.length * 8) / 6))
  for (let i = 0; i < numbers.length; i++) {
    const at = (i * 6) >> 3
    const both = bytes[at]! | ((bytes[at + 1] ?? 0) << 8)
    numbers[i] = table[(both >> ((i * 6) & 7)) & 63]!
  }
  return numbers
}
