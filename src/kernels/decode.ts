import type { KernelDtype, WideDtype } from './statistics/types.ts'

/** Bytes of one stored element. */
export const STORED_BYTES: Readonly<Record<KernelDtype, number>> = {
  float32: 4,
  float64: 8,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float16: 2,
  bfloat16: 2,
  int16: 2,
  uint16: 2,
  int8: 1,
  uint8: 1,
}

/** Little-endian elements as numbers, in plain TypeScript; those of 64 bits rounded to float64. */
export function decodeWide(bytes: Uint8Array, dtype: WideDtype): Float32Array | Float64Array {
  const size = STORED_BYTES[dtype]
  const count = Math.floor(bytes.byteLength / size)
  // Not slice(): a Buffer's is a view.
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes)
  const { buffer, byteOffset } = aligned
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, count)
    case 'float64':
      return new Float64Array(buffer, byteOffset, count)
    case 'int32':
      return new Float64Array(new Int32Array(buffer, byteOffset, count))
    case 'uint32':
      return new Float64Array(new Uint32Array(buffer, byteOffset, count))
    case 'int64':
      return Float64Array.from(new BigInt64Array(buffer, byteOffset, count), Number)
    case 'uint64':
      return Float64Array.from(new BigUint64Array(buffer, byteOffset, count), Number)
  }
}

/** IEEE 754 binary16, as its raw bits. A NaN keeps its sign and payload, as a quiet one. */
export function float16ToFloat32(halves: Uint16Array): Float32Array {
  const table = float16Table()
  const values = new Float32Array(halves.length)
  const out = new Uint32Array(values.buffer)
  for (let i = 0; i < halves.length; i++) out[i] = table[halves[i]!]!
  return values
}

/** One binary16, as its raw bits. */
export function float16At(half: number): number {
  float16Table()
  return float16Values[half]!
}

/** bfloat16, as its raw bits: the upper half of a float32. */
export function bfloat16ToFloat32(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length)
  const out = new Uint32Array(values.buffer)
  for (let i = 0; i < halves.length; i++) out[i] = halves[i]! << 16
  return values
}

let table: Uint32Array | undefined
let float16Values: Float32Array = new Float32Array(0)

/** The float32 bits of every binary16: 256 KiB, made on first use. */
function float16Table(): Uint32Array {
  if (!table) {
    table = Uint32Array.from({ length: 65_536 }, (_, half) => float32BitsOf(half))
    float16Values = new Float32Array(table.buffer)
  }
  return table
}

function float32BitsOf(half: number): number {
  const sign = (half & 0x8000) << 16
  const exponent = (half >> 10) & 31
  const fraction = half & 1023
  if (exponent === 31) return (sign | 0x7f80_0000 | (fraction << 13)) >>> 0
  const value = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25)
  const magnitude = new Uint32Array(Float32Array.of(value).buffer)[0]!
  return (sign | magnitude) >>> 0
}
