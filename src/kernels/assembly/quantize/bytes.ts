/** Four quotients to whole numbers from `least` to `greatest`, of which the lowest byte is kept. */
// @ts-ignore: decorator
@inline
function placed(quotients: v128, zero: v128, least: v128, greatest: v128): v128 {
  // Beyond the ends of an int32 a quotient is still a float: it is brought within them first.
  const moved = f32x4.add(f32x4.nearest(quotients), zero)
  const whole = i32x4.relaxed_trunc_f32x4_s(f32x4.pmin(f32x4.pmax(moved, least), greatest))
  return v128.and(whole, i32x4.splat(255))
}

/** `count` float32 of one grid as bytes. Reads and writes whole groups of 16. */
export function int8(
  source: usize,
  count: i32,
  scale: f32,
  zeroPoint: f32,
  least: f32,
  greatest: f32,
  target: usize,
): void {
  const scales = f32x4.splat(scale)
  const zero = f32x4.splat(zeroPoint)
  const low = f32x4.splat(least)
  const high = f32x4.splat(greatest)
  const end = target + <usize>count
  for (; target < end; target += 16) {
    const a = placed(f32x4.div(v128.load(source), scales), zero, low, high)
    const b = placed(f32x4.div(v128.load(source, 16), scales), zero, low, high)
    const c = placed(f32x4.div(v128.load(source, 32), scales), zero, low, high)
    const d = placed(f32x4.div(v128.load(source, 48), scales), zero, low, high)
    v128.store(target, i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_u(a, b), i16x8.narrow_i32x4_u(c, d)))
    source += 64
  }
}

/** The same with a scale and a zero point, both float32, for each number. Reads and writes whole groups of 8. */
export function columnInt8(
  source: usize,
  count: i32,
  scales: usize,
  zeroPoints: usize,
  least: f32,
  greatest: f32,
  target: usize,
): void {
  const low = f32x4.splat(least)
  const high = f32x4.splat(greatest)
  const end = target + <usize>count
  for (; target < end; target += 8) {
    const a = placed(f32x4.div(v128.load(source), v128.load(scales)), v128.load(zeroPoints), low, high)
    const b = placed(
      f32x4.div(v128.load(source, 16), v128.load(scales, 16)),
      v128.load(zeroPoints, 16),
      low,
      high,
    )
    const shorts = i16x8.narrow_i32x4_u(a, b)
    v128.store64_lane(target, i8x16.narrow_i16x8_u(shorts, shorts), 0)
    source += 32
    scales += 32
    zeroPoints += 32
  }
}
