/**
 * Columns of RGB bytes, two inputs each, with weights of 11 bits. For each of `to` outputs there is at `places` the
 * byte where its inputs begin in a row, and both weights, i16 each. Sums are i32. Reads 8 bytes for each output, and
 * writes 4 behind the last.
 */
export function linearColumns3(
  source: usize,
  row: usize,
  places: usize,
  to: i32,
  target: usize,
  height: i32,
): void {
  const pairs = i8x16(0, -128, 3, -128, 1, -128, 4, -128, 2, -128, 5, -128, -128, -128, -128, -128)
  for (let y: i32 = 0; y < height; y++) {
    let place = places
    for (let x: i32 = 0; x < to; x++) {
      const pixels = v128.load64_zero(source + <usize>load<u32>(place))
      v128.store(target, i32x4.dot_i16x8_s(i8x16.swizzle(pixels, pairs), v128.load32_splat(place, 4)))
      place += 8
      target += 12
    }
    source += row
  }
}

/** One row of `count` bytes from two lines of sums. Each product loses its lower bits before they are added. */
export function linearRow(
  first: usize,
  second: usize,
  firstWeight: i32,
  secondWeight: i32,
  count: i32,
  target: usize,
): void {
  const a = i32x4.splat(firstWeight)
  const b = i32x4.splat(secondWeight)
  for (let i: usize = 0; i < <usize>count << 2; i += 32) {
    const front = blended(v128.load(first + i), v128.load(second + i), a, b)
    const back = blended(v128.load(first + i, 16), v128.load(second + i, 16), a, b)
    const shorts = i16x8.narrow_i32x4_s(front, back)
    v128.store64_lane(target, i8x16.narrow_i16x8_u(shorts, shorts), 0)
    target += 8
  }
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function blended(first: v128, second: v128, a: v128, b: v128): v128 {
  const upper = i32x4.shr_s(i32x4.mul(i32x4.shr_s(first, 4), a), 16)
  const lower = i32x4.shr_s(i32x4.mul(i32x4.shr_s(second, 4), b), 16)
  return i32x4.shr_s(i32x4.add(i32x4.add(upper, lower), i32x4.splat(2)), 2)
}
