/** Weight statistics over float32 lanes. ../statistics/reference.ts is the same in plain TypeScript, to the bit. */
import { countOne, countOther } from './counts'
import { addExtremes, addNonFinite, addZeros, BLOCK, merge, sumOf } from './moments'

/** Counts `count` float32 values: a multiple of BLOCK, but for the last call. There is room for a vector behind. */
export function float32(at: usize, count: i32): void {
  for (let done: i32 = 0; done < count; done += BLOCK) {
    addBlock(at + (<usize>done << 2), min(BLOCK, count - done))
  }
}

function addBlock(start: usize, count: i32): void {
  let first: i32 = 0
  while (first < count && !isFinite(load<f32>(start + (<usize>first << 2)))) first++
  if (first == count) {
    countNonFinite(start, count)
    return
  }
  const shift = load<f32>(start + (<usize>first << 2))
  // A last vector is filled up with NaNs: they count as nothing, and their bucket is not read.
  const vectors = (count + 3) >> 2
  for (let i = count; i < vectors << 2; i++) store<f32>(start + (<usize>i << 2), NaN)

  const infinity = f32x4.splat(Infinity)
  const nothing = f32x4.splat(0)
  const shiftSingle = f32x4.splat(shift)
  const shiftDouble = f64x2.splat(<f64>shift)
  let finite = i32x4.splat(0)
  let zeros = i32x4.splat(0)
  let least = shiftSingle
  let most = shiftSingle
  let sumLow = f64x2.splat(0)
  let sumHigh = f64x2.splat(0)
  let squaresLow = f64x2.splat(0)
  let squaresHigh = f64x2.splat(0)
  const end = start + (<usize>vectors << 4)
  for (let at = start; at < end; at += 16) {
    const stored = v128.load(at)
    const isNumber = f32x4.lt(f32x4.abs(stored), infinity)
    finite = i32x4.sub(finite, isNumber)
    zeros = i32x4.sub(zeros, f32x4.eq(stored, nothing))
    const value = v128.bitselect(stored, shiftSingle, isNumber)
    least = f32x4.pmin(least, value)
    most = f32x4.pmax(most, value)
    const low = f64x2.sub(f64x2.promote_low_f32x4(value), shiftDouble)
    const high = f64x2.sub(
      f64x2.promote_low_f32x4(v128.shuffle<i32>(value, value, 2, 3, 2, 3)),
      shiftDouble,
    )
    sumLow = f64x2.add(sumLow, low)
    sumHigh = f64x2.add(sumHigh, high)
    squaresLow = f64x2.add(squaresLow, f64x2.mul(low, low))
    squaresHigh = f64x2.add(squaresHigh, f64x2.mul(high, high))
    // A value's bucket is its upper 16 bits.
    countOne(<usize>load<u16>(at, 2))
    countOther(<usize>load<u16>(at, 6))
    countOne(<usize>load<u16>(at, 10))
    countOther(<usize>load<u16>(at, 14))
  }
  const total = lanes(finite)
  if (total < count) countNonFinite(start, count)
  addZeros(<f64>lanes(zeros))
  addExtremes(leastOf(least), mostOf(most))
  merge(<f64>total, <f64>shift, lanesOf(sumLow, sumHigh), lanesOf(squaresLow, squaresHigh))
}

function countNonFinite(start: usize, count: i32): void {
  for (let i: i32 = 0; i < count; i++) addNonFinite(<f64>load<f32>(start + (<usize>i << 2)))
}

function lanes(v: v128): i32 {
  return (
    i32x4.extract_lane(v, 0) +
    i32x4.extract_lane(v, 1) +
    i32x4.extract_lane(v, 2) +
    i32x4.extract_lane(v, 3)
  )
}

function leastOf(v: v128): f64 {
  const first = min(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1))
  return <f64>min(first, min(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)))
}

function mostOf(v: v128): f64 {
  const first = max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1))
  return <f64>max(first, max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)))
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function lanesOf(low: v128, high: v128): f64 {
  return sumOf(
    f64x2.extract_lane(low, 0),
    f64x2.extract_lane(low, 1),
    f64x2.extract_lane(high, 0),
    f64x2.extract_lane(high, 1),
  )
}
