/** Stored numbers to float32: from STORED to VALUES, `at` elements behind its start. All of them are exact. */
import { STORED, VALUES } from './memory'

const EXPONENT: i32 = 0x7f80_0000

/** Multiplying by 2^112 moves the exponent's bias from 15 to 127, and makes subnormals normal. */
export function float16(count: i32, at: i32): void {
  const scale = f32x4.splat(5192296858534827628530496329220096.0)
  const beyond = i32x4.splat(0x7c00 << 13)
  let to = target(at)
  for (let i: i32 = 0; i < count; i += 4) {
    const half = v128.load_ext<u16>(STORED + (<usize>i << 1))
    const sign = i32x4.shl(v128.and(half, i32x4.splat(0x8000)), 16)
    const magnitude = i32x4.shl(v128.and(half, i32x4.splat(0x7fff)), 13)
    const nonFinite = i32x4.ge_s(magnitude, beyond)
    const value = v128.or(f32x4.mul(magnitude, scale), v128.and(nonFinite, i32x4.splat(EXPONENT)))
    v128.store(to, v128.or(value, sign))
    to += 16
  }
}

export function bfloat16(count: i32, at: i32): void {
  let to = target(at)
  for (let i: i32 = 0; i < count; i += 4) {
    v128.store(to, i32x4.shl(v128.load_ext<u16>(STORED + (<usize>i << 1)), 16))
    to += 16
  }
}

export function int16(count: i32, at: i32): void {
  let to = target(at)
  for (let i: i32 = 0; i < count; i += 4) {
    v128.store(to, f32x4.convert_i32x4_s(v128.load_ext<i16>(STORED + (<usize>i << 1))))
    to += 16
  }
}

export function uint16(count: i32, at: i32): void {
  let to = target(at)
  for (let i: i32 = 0; i < count; i += 4) {
    v128.store(to, f32x4.convert_i32x4_s(v128.load_ext<u16>(STORED + (<usize>i << 1))))
    to += 16
  }
}

export function int8(count: i32, at: i32): void {
  let to = target(at)
  for (let i: i32 = 0; i < count; i += 8) {
    const wide = v128.load_ext<i8>(STORED + <usize>i)
    v128.store(to, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(wide)))
    v128.store(to, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(wide)), 16)
    to += 32
  }
}

export function uint8(count: i32, at: i32): void {
  let to = target(at)
  for (let i: i32 = 0; i < count; i += 8) {
    const wide = v128.load_ext<u8>(STORED + <usize>i)
    v128.store(to, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(wide)))
    v128.store(to, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(wide)), 16)
    to += 32
  }
}

function target(at: i32): usize {
  return VALUES + (<usize>at << 2)
}
