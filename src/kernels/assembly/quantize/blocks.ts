/** To nearest, halves upwards, from 0 to `most`; what is below 0 becomes 0. */
// @ts-ignore: decorator
@inline
function placed(numbers: v128, reciprocal: v128, zero: v128, most: v128): v128 {
  const place = f32x4.add(f32x4.mul(numbers, reciprocal), zero)
  const within = f32x4.pmin(f32x4.pmax(place, f32x4.splat(0)), most)
  return i32x4.relaxed_trunc_f32x4_s(f32x4.add(within, f32x4.splat(HALF)))
}

/** The float before 0.5: added to one that is not negative, it rounds halves up, and 0.49999997 down. */
// @ts-ignore: decorator
@inline
const HALF: f32 = 0.49999997

/** Scales of four columns with a sign: the number of the largest magnitude goes to the lowest place. */
// @ts-ignore: decorator
@inline
function mirrored(least: v128, greatest: v128, middle: f32): v128 {
  const positive = f32x4.gt(f32x4.abs(greatest), f32x4.abs(least))
  return f32x4.div(v128.bitselect(greatest, least, positive), f32x4.splat(-middle))
}

/** Four bits of `size` rows of four columns, eight rows to a word. */
function pack4(source: usize, row: usize, size: i32, reciprocal: v128, zero: v128, packed: usize, step: usize): void {
  const most = f32x4.splat(15)
  for (let i: i32 = 0; i < size; i += 8) {
    let word = placed(v128.load(source), reciprocal, zero, most)
    source += row
    for (let shift: i32 = 4; shift < 32; shift += 4) {
      word = v128.or(word, i32x4.shl(placed(v128.load(source), reciprocal, zero, most), shift))
      source += row
    }
    scatter(word, packed, step)
    packed += 4
  }
}

/** Eight bits, four rows to a word. */
function pack8(source: usize, row: usize, size: i32, reciprocal: v128, zero: v128, packed: usize, step: usize): void {
  const most = f32x4.splat(255)
  for (let i: i32 = 0; i < size; i += 4) {
    let word = placed(v128.load(source), reciprocal, zero, most)
    source += row
    for (let shift: i32 = 8; shift < 32; shift += 8) {
      word = v128.or(word, i32x4.shl(placed(v128.load(source), reciprocal, zero, most), shift))
      source += row
    }
    scatter(word, packed, step)
    packed += 4
  }
}

// @ts-ignore: decorator
@inline
function scatter(word: v128, to: usize, step: usize): void {
  v128.store32_lane(to, word, 0)
  v128.store32_lane(to + step, word, 1)
  v128.store32_lane(to + 2 * step, word, 2)
  v128.store32_lane(to + 3 * step, word, 3)
}

/** A block of four columns; gives a vector of 0, or of NaN where one of its numbers is not finite. */
function block(
  source: usize,
  row: usize,
  size: i32,
  bits: i32,
  asymmetric: bool,
  packed: usize,
  step: usize,
  scales: usize,
  zeros: usize,
  count: usize,
): v128 {
  let least = f32x4.splat(Infinity)
  let greatest = f32x4.splat(-Infinity)
  let fault = f32x4.splat(0)
  let at = source
  for (let i: i32 = 0; i < size; i++) {
    const numbers = v128.load(at)
    least = f32x4.pmin(least, numbers)
    greatest = f32x4.pmax(greatest, numbers)
    fault = f32x4.add(fault, f32x4.mul(numbers, f32x4.splat(0)))
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
    zero = rounded(f32x4.pmin(v128.and(quotient, some), most))
    const bytes = i32x4.trunc_sat_f32x4_u(zero)
    v128.store8_lane(zeros, bytes, 0)
    v128.store8_lane(zeros + count, bytes, 4)
    v128.store8_lane(zeros + 2 * count, bytes, 8)
    v128.store8_lane(zeros + 3 * count, bytes, 12)
  }
  scatter(scale, scales, 4 * count)
  const reciprocal = v128.and(f32x4.div(f32x4.splat(1), scale), f32x4.ne(scale, f32x4.splat(0)))
  if (bits == 4) pack4(source, row, size, reciprocal, zero, packed, step)
  else pack8(source, row, size, reciprocal, zero, packed, step)
  return fault
}

// @ts-ignore: decorator
@inline
function rounded(place: v128): v128 {
  return f32x4.trunc(f32x4.add(place, f32x4.splat(HALF)))
}

/**
 * One block of `columns` columns, four at a time: `size` rows of `row` bytes. Of column c the packed numbers of `bits`
 * 4 or 8 go to `packed` + c · `step`, its scale to the float32 `scales`[c · `count`], and where `asymmetric` its zero
 * point to the byte `zeros`[c · `count`]. Gives whether all numbers are finite. Reads and writes whole fours of columns.
 */
export function blocks(
  source: usize,
  row: usize,
  columns: i32,
  size: i32,
  bits: i32,
  asymmetric: bool,
  packed: usize,
  step: usize,
  scales: usize,
  zeros: usize,
  count: usize,
): bool {
  let fault = f32x4.splat(0)
  for (let c: i32 = 0; c < columns; c += 4) {
    let found = block(source, row, size, bits, asymmetric, packed, step, scales, zeros, count)
    // What lies behind the last column is not of this block.
    const left = columns - c
    if (left < 4) found = v128.and(found, i32x4.gt_s(i32x4.splat(left), i32x4(0, 1, 2, 3)))
    fault = f32x4.add(fault, found)
    source += 16
    packed += 4 * step
    scales += 16 * count
    zeros += 4 * count
  }
  return v128.any_true(f32x4.ne(fault, fault)) == 0
}
