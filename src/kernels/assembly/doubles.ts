/** Weight statistics over float64 lanes, and over integers that are made float64 block by block. */
import { countOne, countOther } from './counts'
import { DOUBLES } from './memory'
import { addExtremes, addNonFinite, addZeros, BLOCK, merge, sumOf } from './moments'

/** Counts `count` float64 values: a multiple of BLOCK, but for the last call. There is room for two vectors behind. */
export function float64(at: usize, count: i32): void {
  for (let done: i32 = 0; done < count; done += BLOCK) {
    addBlock(at + (<usize>done << 3), min(BLOCK, count - done))
  }
}

export function int32(at: usize, count: i32): void {
  for (let done: i32 = 0; done < count; done += BLOCK) {
    const some = min(BLOCK, count - done)
    const from = at + (<usize>done << 2)
    for (let i: i32 = 0; i < some; i += 2) {
      const two = v128.load64_zero(from + (<usize>i << 2))
      v128.store(DOUBLES + (<usize>i << 3), f64x2.convert_low_i32x4_s(two))
    }
    addBlock(DOUBLES, some)
  }
}

export function uint32(at: usize, count: i32): void {
  for (let done: i32 = 0; done < count; done += BLOCK) {
    const some = min(BLOCK, count - done)
    const from = at + (<usize>done << 2)
    for (let i: i32 = 0; i < some; i += 2) {
      const two = v128.load64_zero(from + (<usize>i << 2))
      v128.store(DOUBLES + (<usize>i << 3), f64x2.convert_low_i32x4_u(two))
    }
    addBlock(DOUBLES, some)
  }
}

/** Rounded to nearest, ties to even, as WebAssembly's conversions are. */
export function int64(at: usize, count: i32): void {
  for (let done: i32 = 0; done < count; done += BLOCK) {
    const some = min(BLOCK, count - done)
    const from = at + (<usize>done << 3)
    for (let i: usize = 0; i < <usize>some; i++) store<f64>(DOUBLES + (i << 3), <f64>load<i64>(from + (i << 3)))
    addBlock(DOUBLES, some)
  }
}

export function uint64(at: usize, count: i32): void {
  for (let done: i32 = 0; done < count; done += BLOCK) {
    const some = min(BLOCK, count - done)
    const from = at + (<usize>done << 3)
    for (let i: usize = 0; i < <usize>some; i++) store<f64>(DOUBLES + (i << 3), <f64>load<u64>(from + (i << 3)))
    addBlock(DOUBLES, some)
  }
}

function addBlock(start: usize, count: i32): void {
  let first: i32 = 0
  while (first < count && !isFinite(load<f64>(start + (<usize>first << 3)))) first++
  if (first == count) {
    countNonFinite(start, count)
    return
  }
  const shift = load<f64>(start + (<usize>first << 3))
  // The last four are filled up with NaNs: they count as nothing, and their bucket is not read.
  const fours = (count + 3) >> 2
  for (let i = count; i < fours << 2; i++) store<f64>(start + (<usize>i << 3), NaN)

  const infinity = f64x2.splat(Infinity)
  const largest = f64x2.splat(<f64>f32.MAX_VALUE)
  const smallest = f64x2.splat(-(<f64>f32.MAX_VALUE))
  const nothing = f64x2.splat(0)
  const shifts = f64x2.splat(shift)
  let finite = i64x2.splat(0)
  let zeros = i64x2.splat(0)
  let least = shifts
  let most = shifts
  let sumLow = f64x2.splat(0)
  let sumHigh = f64x2.splat(0)
  let squaresLow = f64x2.splat(0)
  let squaresHigh = f64x2.splat(0)
  const end = start + (<usize>fours << 5)
  for (let at = start; at < end; at += 32) {
    const storedLow = v128.load(at)
    const storedHigh = v128.load(at, 16)
    const isLow = f64x2.lt(f64x2.abs(storedLow), infinity)
    const isHigh = f64x2.lt(f64x2.abs(storedHigh), infinity)
    finite = i64x2.sub(finite, i64x2.add(isLow, isHigh))
    zeros = i64x2.sub(zeros, i64x2.add(f64x2.eq(storedLow, nothing), f64x2.eq(storedHigh, nothing)))
    const valueLow = v128.bitselect(storedLow, shifts, isLow)
    const valueHigh = v128.bitselect(storedHigh, shifts, isHigh)
    least = f64x2.pmin(f64x2.pmin(least, valueLow), valueHigh)
    most = f64x2.pmax(f64x2.pmax(most, valueLow), valueHigh)
    const low = f64x2.sub(valueLow, shifts)
    const high = f64x2.sub(valueHigh, shifts)
    sumLow = f64x2.add(sumLow, low)
    sumHigh = f64x2.add(sumHigh, high)
    squaresLow = f64x2.add(squaresLow, f64x2.mul(low, low))
    squaresHigh = f64x2.add(squaresHigh, f64x2.mul(high, high))
    // Beyond float32, the last buckets of finite numbers take them.
    const singleLow = f64x2.pmax(f64x2.pmin(storedLow, largest), smallest)
    const singleHigh = f64x2.pmax(f64x2.pmin(storedHigh, largest), smallest)
    const a = i64x2.extract_lane(f32x4.demote_f64x2_zero(v128.bitselect(singleLow, storedLow, isLow)), 0)
    const b = i64x2.extract_lane(f32x4.demote_f64x2_zero(v128.bitselect(singleHigh, storedHigh, isHigh)), 0)
    countOne(<usize>(<u64>a >> 16) & 0xffff)
    countOther(<usize>(<u64>a >> 48))
    countOne(<usize>(<u64>b >> 16) & 0xffff)
    countOther(<usize>(<u64>b >> 48))
  }
  const total = <f64>(i64x2.extract_lane(finite, 0) + i64x2.extract_lane(finite, 1))
  if (total < <f64>count) countNonFinite(start, count)
  addZeros(<f64>(i64x2.extract_lane(zeros, 0) + i64x2.extract_lane(zeros, 1)))
  addExtremes(
    min(f64x2.extract_lane(least, 0), f64x2.extract_lane(least, 1)),
    max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1)),
  )
  merge(total, shift, lanesOf(sumLow, sumHigh), lanesOf(squaresLow, squaresHigh))
}

function countNonFinite(start: usize, count: i32): void {
  for (let i: i32 = 0; i < count; i++) addNonFinite(load<f64>(start + (<usize>i << 3)))
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
