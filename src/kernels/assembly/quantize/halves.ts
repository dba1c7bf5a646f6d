/** Four float32 as float16's bits in 32 each: see ../../quantize/types.ts. */
// @ts-ignore: decorator
@inline
function halves(bits: v128): v128 {
  const sign = v128.and(i32x4.shr_u(bits, 16), i32x4.splat(0x8000))
  const given = v128.and(bits, i32x4.splat(0x7fff_ffff))
  const finite = i32x4.lt_s(given, i32x4.splat(0x7f80_0000))
  const some = i32x4.ne(given, i32x4.splat(0))
  // Finite ones end at 65504, and begin at 2^−24.
  const most = i32x4.min_s(given, i32x4.splat(0x477f_e000))
  const magnitude = v128.and(i32x4.max_s(most, i32x4.splat(0x3380_0000)), some)
  const odd = v128.and(i32x4.shr_u(magnitude, 13), i32x4.splat(1))
  const raised = i32x4.add(i32x4.add(magnitude, i32x4.splat(0xfff)), odd)
  const normal = i32x4.sub(i32x4.shr_u(raised, 13), i32x4.splat(112 << 10))
  // Added to 0.5, a float32 keeps steps of 2^−24 and rounds to them, half to even.
  const small = i32x4.sub(f32x4.add(magnitude, f32x4.splat(0.5)), i32x4.splat(0x3f00_0000))
  const isNormal = i32x4.ge_s(magnitude, i32x4.splat(0x3880_0000))
  const whole = v128.bitselect(normal, small, isNormal)
  // A NaN keeps its upper bits and is quiet.
  const isNan = i32x4.gt_s(given, i32x4.splat(0x7f80_0000))
  const payload = v128.or(v128.and(i32x4.shr_u(given, 13), i32x4.splat(0x3ff)), i32x4.splat(0x200))
  const special = v128.or(i32x4.splat(0x7c00), v128.and(payload, isNan))
  return v128.or(sign, v128.bitselect(whole, special, finite))
}

/** The same of numbers from 2^−14 to 65504 alone, by a third of the steps. */
// @ts-ignore: decorator
@inline
function normalHalves(bits: v128, magnitude: v128): v128 {
  const sign = v128.and(i32x4.shr_u(bits, 16), i32x4.splat(0x8000))
  const odd = v128.and(i32x4.shr_u(bits, 13), i32x4.splat(1))
  const raised = i32x4.add(i32x4.add(magnitude, i32x4.splat(0xfff - (112 << 23))), odd)
  return v128.or(sign, i32x4.shr_u(raised, 13))
}

/** A negative lane where a magnitude is none of those. */
// @ts-ignore: decorator
@inline
function beyond(magnitude: v128): v128 {
  const below = i32x4.sub(magnitude, i32x4.splat(0x3880_0000))
  return v128.or(below, i32x4.sub(i32x4.splat(0x477f_e000), magnitude))
}

/** `count` float32 as float16. Reads and writes whole groups of 8. */
export function float16(source: usize, count: i32, target: usize): void {
  const end = target + (<usize>count << 1)
  const magnitudes = i32x4.splat(0x7fff_ffff)
  for (; target < end; target += 16) {
    const a = v128.load(source)
    const b = v128.load(source, 16)
    const c = v128.and(a, magnitudes)
    const d = v128.and(b, magnitudes)
    // Of weights as they are, one in some hundred groups has a number so small.
    if (i32x4.bitmask(v128.or(beyond(c), beyond(d))) == 0)
      v128.store(target, i16x8.narrow_i32x4_u(normalHalves(a, c), normalHalves(b, d)))
    else v128.store(target, i16x8.narrow_i32x4_u(halves(a), halves(b)))
    source += 32
  }
}

/** Four float32 as bfloat16's bits in 32 each. */
// @ts-ignore: decorator
@inline
function upper(bits: v128): v128 {
  const odd = v128.and(i32x4.shr_u(bits, 16), i32x4.splat(1))
  const rounded = i32x4.shr_u(i32x4.add(i32x4.add(bits, i32x4.splat(0x7fff)), odd), 16)
  const nan = v128.or(i32x4.shr_u(bits, 16), i32x4.splat(0x40))
  const isNan = i32x4.gt_s(v128.and(bits, i32x4.splat(0x7fff_ffff)), i32x4.splat(0x7f80_0000))
  return v128.bitselect(nan, rounded, isNan)
}

/** `count` float32 as bfloat16. Reads and writes whole groups of 8. */
export function bfloat16(source: usize, count: i32, target: usize): void {
  const end = target + (<usize>count << 1)
  for (; target < end; target += 16) {
    v128.store(target, i16x8.narrow_i32x4_u(upper(v128.load(source)), upper(v128.load(source, 16))))
    source += 32
  }
}
