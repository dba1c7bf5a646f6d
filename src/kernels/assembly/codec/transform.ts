/** Places in TRANSFORMS (../../codec/types.ts). */
export const ROTATED: i32 = 1
export const DIFFERENCE: i32 = 3

/** Eight elements of two bytes, transformed. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function shorts(at: usize, from: usize, transform: i32): v128 {
  let v = v128.load(at)
  if (transform == 0) return v
  if (transform == ROTATED) return v128.or(i16x8.shl(v, 1), i16x8.shr_u(v, 15))
  if (transform == DIFFERENCE) v = i16x8.sub(v, v128.load(from))
  return v128.xor(i16x8.shl(v, 1), i16x8.shr_s(v, 15))
}

/** Four of four bytes. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function words(at: usize, from: usize, transform: i32): v128 {
  let v = v128.load(at)
  if (transform == 0) return v
  if (transform == ROTATED) return v128.or(i32x4.shl(v, 1), i32x4.shr_u(v, 31))
  if (transform == DIFFERENCE) v = i32x4.sub(v, v128.load(from))
  return v128.xor(i32x4.shl(v, 1), i32x4.shr_s(v, 31))
}

/** Two of eight bytes. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function longs(at: usize, from: usize, transform: i32): v128 {
  let v = v128.load(at)
  if (transform == 0) return v
  if (transform == ROTATED) return v128.or(i64x2.shl(v, 1), i64x2.shr_u(v, 63))
  if (transform == DIFFERENCE) v = i64x2.sub(v, v128.load(from))
  return v128.xor(i64x2.shl(v, 1), i64x2.shr_s(v, 63))
}

/** Sixteen of one byte. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function bytes(at: usize, from: usize, transform: i32): v128 {
  let v = v128.load(at)
  if (transform == 0) return v
  if (transform == ROTATED) return v128.or(i8x16.shl(v, 1), i8x16.shr_u(v, 7))
  if (transform == DIFFERENCE) v = i8x16.sub(v, v128.load(from))
  return v128.xor(i8x16.shl(v, 1), i8x16.shr_s(v, 7))
}

/** One element, alone: its `bits` bits, sign first; bits above are anything. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function transformed(value: u64, bits: u64, transform: i32): u64 {
  const sign = (value >> (bits - 1)) & 1
  if (transform == 0) return value
  if (transform == ROTATED) return (value << 1) | sign
  return (value << 1) ^ (0 - sign)
}

/** The reverse, of a value without bits above. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function restored(value: u64, bits: u64, transform: i32): u64 {
  if (transform == 0) return value
  if (transform == ROTATED) return (value >> 1) | ((value & 1) << (bits - 1))
  return (value >> 1) ^ (0 - (value & 1))
}

/** A little-endian element of 2^`log` bytes. */
// @ts-ignore: a decorator of AssemblyScript
@inline
export function element(at: usize, log: i32): u64 {
  if (log == 0) return load<u8>(at)
  if (log == 1) return load<u16>(at)
  if (log == 2) return load<u32>(at)
  return load<u64>(at)
}
