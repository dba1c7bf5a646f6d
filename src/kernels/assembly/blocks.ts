/**
 * Weight statistics over ggml's commonest blocks. Their numbers are rounded to float32 product by product, as ggml's
 * reference does, into the line of floats at REST, which is counted whenever it is full.
 */
import { REST } from './memory'
import { BLOCK } from './moments'
import { float32 } from './singles'

/** Counts `count` blocks behind `held` floats of the line; gives how many are held then. */
export function q4_0(at: usize, count: i32, held: i32): i32 {
  for (let i: i32 = 0; i < count; i++, at += 18) {
    const to = REST + (<usize>held << 2)
    const codes = v128.load(at, 2)
    const eight = i8x16.splat(8)
    const scale = f32x4.splat(half(at))
    giveSigned(to, i8x16.sub(v128.and(codes, i8x16.splat(15)), eight), scale)
    giveSigned(to + 64, i8x16.sub(i8x16.shr_u(codes, 4), eight), scale)
    held = counted(held + 32)
  }
  return held
}

export function q8_0(at: usize, count: i32, held: i32): i32 {
  for (let i: i32 = 0; i < count; i++, at += 34) {
    const to = REST + (<usize>held << 2)
    const scale = f32x4.splat(half(at))
    giveSigned(to, v128.load(at, 2), scale)
    giveSigned(to + 64, v128.load(at, 18), scale)
    held = counted(held + 32)
  }
  return held
}

export function q4_k(at: usize, count: i32, held: i32): i32 {
  for (let i: i32 = 0; i < count; i++, at += 144) {
    const to = REST + (<usize>held << 2)
    for (let sub: i32 = 0; sub < 8; sub++) {
      const from = at + 16 + (<usize>(sub >> 1) << 5)
      const shift = (sub & 1) << 2
      const factor = f32x4.splat(half(at) * <f32>scale4(at + 4, sub))
      const offset = f32x4.splat(half(at + 2) * <f32>least4(at + 4, sub))
      const line = to + (<usize>sub << 7)
      giveAbove(line, v128.and(i8x16.shr_u(v128.load(from), shift), i8x16.splat(15)), factor, offset)
      giveAbove(line + 64, v128.and(i8x16.shr_u(v128.load(from, 16), shift), i8x16.splat(15)), factor, offset)
    }
    held = counted(held + 256)
  }
  return held
}

export function q5_k(at: usize, count: i32, held: i32): i32 {
  for (let i: i32 = 0; i < count; i++, at += 176) {
    const to = REST + (<usize>held << 2)
    for (let sub: i32 = 0; sub < 8; sub++) {
      const from = at + 48 + (<usize>(sub >> 1) << 5)
      const factor = f32x4.splat(half(at) * <f32>scale4(at + 4, sub))
      const offset = f32x4.splat(half(at + 2) * <f32>least4(at + 4, sub))
      const line = to + (<usize>sub << 7)
      giveAbove(line, fiveBits(v128.load(from), v128.load(at, 16), sub), factor, offset)
      giveAbove(line + 64, fiveBits(v128.load(from, 16), v128.load(at, 32), sub), factor, offset)
    }
    held = counted(held + 256)
  }
  return held
}

export function q6_k(at: usize, count: i32, held: i32): i32 {
  for (let i: i32 = 0; i < count; i++, at += 210) {
    const to = REST + (<usize>held << 2)
    for (let sub: i32 = 0; sub < 16; sub++) {
      const place = <usize>sub << 4
      const low = v128.load(at + (<usize>(sub >> 3) << 6) + (place & 63))
      const high = v128.load(at + 128 + (<usize>(sub >> 3) << 5) + (place & 31))
      const four = v128.and(i8x16.shr_u(low, ((sub >> 2) & 1) << 2), i8x16.splat(15))
      const two = v128.and(i8x16.shr_u(high, ((sub >> 1) & 3) << 1), i8x16.splat(3))
      const codes = i8x16.sub(v128.or(four, i8x16.shl(two, 4)), i8x16.splat(32))
      giveSigned(to + (place << 2), codes, f32x4.splat(half(at + 208) * <f32>load<i8>(at + 192 + <usize>sub)))
    }
    held = counted(held + 256)
  }
  return held
}

function counted(held: i32): i32 {
  if (held < BLOCK) return held
  float32(REST, BLOCK)
  return 0
}

/** A binary16: multiplying by 2^112 moves the exponent's bias from 15 to 127, and makes subnormals normal. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function half(at: usize): f32 {
  const bits = <u32>load<u16>(at)
  const magnitude = (bits & 0x7fff) << 13
  const value = reinterpret<u32>(reinterpret<f32>(magnitude) * reinterpret<f32>(0x7780_0000))
  const beyond: u32 = magnitude >= 0x0f80_0000 ? 0x7f80_0000 : 0
  return reinterpret<f32>(value | beyond | ((bits & 0x8000) << 16))
}

/** Eight 6-bit scales and eight 6-bit minima in 12 bytes: the last four of each have their high bits in the first. */
function scale4(at: usize, j: i32): i32 {
  const place = at + <usize>j
  if (j < 4) return <i32>load<u8>(place) & 63
  return (<i32>load<u8>(place, 4) & 15) | ((<i32>load<u8>(place - 4) >> 6) << 4)
}

function least4(at: usize, j: i32): i32 {
  const place = at + <usize>j
  if (j < 4) return <i32>load<u8>(place, 4) & 63
  return (<i32>load<u8>(place, 4) >> 4) | ((<i32>load<u8>(place) >> 6) << 4)
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function fiveBits(low: v128, high: v128, sub: i32): v128 {
  const four = v128.and(i8x16.shr_u(low, (sub & 1) << 2), i8x16.splat(15))
  return v128.or(four, i8x16.shl(v128.and(i8x16.shr_u(high, sub), i8x16.splat(1)), 4))
}

/** Sixteen signed codes, times a scale. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function giveSigned(to: usize, codes: v128, scale: v128): void {
  const low = i16x8.extend_low_i8x16_s(codes)
  const high = i16x8.extend_high_i8x16_s(codes)
  v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low)), scale))
  v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low)), scale), 16)
  v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high)), scale), 32)
  v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high)), scale), 48)
}

/** Sixteen codes of a few bits, times a factor, less an offset. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function giveAbove(to: usize, codes: v128, factor: v128, offset: v128): void {
  giveSigned(to, codes, factor)
  v128.store(to, f32x4.sub(v128.load(to), offset))
  v128.store(to, f32x4.sub(v128.load(to, 16), offset), 16)
  v128.store(to, f32x4.sub(v128.load(to, 32), offset), 32)
  v128.store(to, f32x4.sub(v128.load(to, 48), offset), 48)
}
