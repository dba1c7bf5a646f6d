/** To nearest, halves upwards, from 0 to `most`; what is below 0 becomes 0. */
// @ts-ignore: decorator
@inline
function placed(numbers: v128, reciprocal: v128, zero: v128, most: v128): v128 {
  const place = f32x4.add(f32x4.mul(numbers, reciprocal), zero)
  const rounded = f32x4.min(f32x4.max(rounded4(place), f32x4.splat(0)), most)
  return i32x4.trunc_sat_f32x4_u(rounded)
}

// @ts-ignore: decorator
@inline
function rounded4(place: v128): v128 {
  const whole = f32x4.trunc(place)
  // Adding a half first would round 0.49999997 up.
  const up = v128.and(f32x4.ge(f32x4.sub(place, whole), f32x4.splat(0.5)), f32x4.splat(1))
  return f32x4.add(whole, up)
}

/** Scales of four columns with a sign: the number of the largest magnitude goes to the lowest place. */
// @ts-ignore: decorator
@inline
function mirrored(least: v128, greatest: v128, middle: f32): v128 {
  const positive = f32x4.gt(f32x4.abs(greatest), f32x4.abs(least))
  return f32x4.div(v128.bitselect(greatest, least, positive), f32x4.splat(-middle))
}

/**
 * One block of four columns: `size` rows of `row` bytes, of `bits` 4 or 8 each. Their packed numbers go to `packed`,
 * those of the next columns `step` bytes on; their scales to `scales`, and where `asymmetric`, their zero points as
 * u32 to `zeros`.
 */
export function blocks(
  source: usize,
  row: usize,
  size: i32,
  bits: i32,
  asymmetric: bool,
  packed: usize,
  step: usize,
  scales: usize,
  zeros: usize,
): void {
  let least = f32x4.splat(Infinity)
  let greatest = f32x4.splat(-Infinity)
  let at = source
  for (let i: i32 = 0; i < size; i++) {
    const numbers = v128.load(at)
    least = f32x4.pmin(least, numbers)
    greatest = f32x4.pmax(greatest, numbers)
    at += row
  }
  const middle = <f32>(1 << (bits - 1))
  const most = f32x4.splat(2 * middle - 1)
  let zero = f32x4.splat(middle)
  let scale = mirrored(least, greatest, middle)
  if (asymmetric) {
    const low = f32x4.min(least, f32x4.splat(0))
    const high = f32x4.max(greatest, f32x4.splat(0))
    scale = f32x4.div(f32x4.sub(high, low), most)
    const quotient = f32x4.div(f32x4.sub(f32x4.splat(0), low), scale)
    const some = f32x4.ne(scale, f32x4.splat(0))
    zero = f32x4.min(rounded4(v128.and(quotient, some)), most)
    v128.store(zeros, i32x4.trunc_sat_f32x4_u(zero))
  }
  v128.store(scales, scale)
  const reciprocal = v128.and(f32x4.div(f32x4.splat(1), scale), f32x4.ne(scale, f32x4.splat(0)))
  at = source
  for (let i: i32 = 0; i < size; i += 32 / bits) {
    let word = i32x4.splat(0)
    for (let shift: i32 = 0; shift < 32; shift += bits) {
      word = v128.or(word, i32x4.shl(placed(v128.load(at), reciprocal, zero, most), shift))
      at += row
    }
    v128.store32_lane(packed, word, 0)
    v128.store32_lane(packed + step, word, 1)
    v128.store32_lane(packed + 2 * step, word, 2)
    v128.store32_lane(packed + 3 * step, word, 3)
    packed += 4
  }
}
