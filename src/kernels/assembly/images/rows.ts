import { rounded } from './sums'

/** Bytes of one pair of inputs' weights: the upper parts, then the lower ones. */
const PAIR: usize = 8

/**
 * Rows of `row` bytes. For each of `count` outputs there is at `places` the byte where its first input begins, and how
 * many pairs of inputs it takes. An input that an odd window does not have is read (and weighs nothing). Reads and
 * writes up to 15 bytes behind a row.
 */
export function rows(
  source: usize,
  row: i32,
  places: usize,
  weights: usize,
  count: i32,
  target: usize,
): void {
  for (let y: i32 = 0; y < count; y++) {
    const start = source + <usize>load<u32>(places)
    const pairs = load<u32>(places, 4)
    places += 8
    for (let i: i32 = 0; i < row; i += 16) {
      v128.store(target + <usize>i, blended(start + <usize>i, <usize>row, weights, pairs))
    }
    weights += <usize>pairs * PAIR
    target += <usize>row
  }
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function blended(from: usize, row: usize, weight: usize, pairs: u32): v128 {
  let upper0 = i32x4.splat(0)
  let upper1 = i32x4.splat(0)
  let upper2 = i32x4.splat(0)
  let upper3 = i32x4.splat(0)
  let lower0 = i32x4.splat(0)
  let lower1 = i32x4.splat(0)
  let lower2 = i32x4.splat(0)
  let lower3 = i32x4.splat(0)
  while (pairs > 0) {
    const a = v128.load(from)
    const b = v128.load(from + row)
    const low = i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
    const high = i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
    const upper = v128.load32_splat(weight)
    const lower = v128.load32_splat(weight, 4)
    const e0 = i16x8.extend_low_i8x16_u(low)
    const e1 = i16x8.extend_high_i8x16_u(low)
    const e2 = i16x8.extend_low_i8x16_u(high)
    const e3 = i16x8.extend_high_i8x16_u(high)
    upper0 = i32x4.add(upper0, i32x4.dot_i16x8_s(e0, upper))
    upper1 = i32x4.add(upper1, i32x4.dot_i16x8_s(e1, upper))
    upper2 = i32x4.add(upper2, i32x4.dot_i16x8_s(e2, upper))
    upper3 = i32x4.add(upper3, i32x4.dot_i16x8_s(e3, upper))
    lower0 = i32x4.add(lower0, i32x4.dot_i16x8_s(e0, lower))
    lower1 = i32x4.add(lower1, i32x4.dot_i16x8_s(e1, lower))
    lower2 = i32x4.add(lower2, i32x4.dot_i16x8_s(e2, lower))
    lower3 = i32x4.add(lower3, i32x4.dot_i16x8_s(e3, lower))
    weight += PAIR
    from += row << 1
    pairs--
  }
  const front = i16x8.narrow_i32x4_s(rounded(upper0, lower0), rounded(upper1, lower1))
  const back = i16x8.narrow_i32x4_s(rounded(upper2, lower2), rounded(upper3, lower3))
  return i8x16.narrow_i16x8_u(front, back)
}
