/** Weight statistics over float32 lanes. ../statistics/reference.ts is the same in plain TypeScript, to the bit. */
import { BUCKET_BYTES, BUCKETS, STATE, VALUES } from './memory'

/** Elements whose sums are taken together: a block lies in the first-level cache. */
const BLOCK: i32 = 1024

export function reset(): void {
  memory.fill(BUCKETS, 0, 2 * BUCKET_BYTES)
  memory.fill(STATE, 0, 128)
  store<f64>(STATE, Infinity, 24)
  store<f64>(STATE, -Infinity, 32)
}

/** Counts the first `count` float32 values of VALUES: a multiple of BLOCK, but for the last call. */
export function accumulate(count: i32): void {
  for (let at: i32 = 0; at < count; at += BLOCK) {
    addBlock(VALUES + (<usize>at << 2), min(BLOCK, count - at))
  }
}

/** Empties the two tables of buckets into the first one. */
export function mergeBuckets(): void {
  for (let at: usize = BUCKETS; at < BUCKETS + BUCKET_BYTES; at += 16) {
    const other = at + BUCKET_BYTES
    v128.store(at, i32x4.add(v128.load(at), v128.load(other)))
    v128.store(other, i32x4.splat(0))
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
    countBuckets(at)
  }
  const total = lanes(finite)
  if (total < count) countNonFinite(start, count)
  store<f64>(STATE, load<f64>(STATE, 40) + <f64>lanes(zeros), 40)
  store<f64>(STATE, Math.min(load<f64>(STATE, 24), leastOf(least)), 24)
  store<f64>(STATE, Math.max(load<f64>(STATE, 32), mostOf(most)), 32)
  merge(<f64>total, <f64>shift, sumOf(sumLow, sumHigh), sumOf(squaresLow, squaresHigh))
}

/** A value's bucket is its upper 16 bits. Two tables, so that equal neighbours do not wait for each other. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function countBuckets(at: usize): void {
  const a = BUCKETS + (<usize>load<u16>(at, 2) << 2)
  store<u32>(a, load<u32>(a) + 1)
  const b = BUCKETS + (<usize>load<u16>(at, 6) << 2)
  store<u32>(b, load<u32>(b, BUCKET_BYTES) + 1, BUCKET_BYTES)
  const c = BUCKETS + (<usize>load<u16>(at, 10) << 2)
  store<u32>(c, load<u32>(c) + 1)
  const d = BUCKETS + (<usize>load<u16>(at, 14) << 2)
  store<u32>(d, load<u32>(d, BUCKET_BYTES) + 1, BUCKET_BYTES)
}

function countNonFinite(start: usize, count: i32): void {
  let nans: i32 = 0
  let positive: i32 = 0
  let negative: i32 = 0
  for (let i: i32 = 0; i < count; i++) {
    const value = load<f32>(start + (<usize>i << 2))
    if (value != value) nans++
    else if (value == Infinity) positive++
    else if (value == -Infinity) negative++
  }
  store<f64>(STATE, load<f64>(STATE, 48) + <f64>nans, 48)
  store<f64>(STATE, load<f64>(STATE, 56) + <f64>positive, 56)
  store<f64>(STATE, load<f64>(STATE, 64) + <f64>negative, 64)
}

/** Chan, Golub and LeVeque 1979, "Updating formulae and a pairwise algorithm for computing sample variances", (2.1). */
function merge(count: f64, shift: f64, sum: f64, squares: f64): void {
  const before = load<f64>(STATE, 0)
  if (before == 0) store<f64>(STATE, shift, 72)
  const origin = load<f64>(STATE, 72)
  const mean = load<f64>(STATE, 8)
  const deviation = load<f64>(STATE, 16)
  const offset = sum / count
  const delta = shift - origin + offset - mean
  const after = before + count
  store<f64>(STATE, after, 0)
  store<f64>(STATE, mean + (delta * count) / after, 8)
  const within = Math.max(0, squares - sum * offset)
  store<f64>(STATE, deviation + within + (delta * delta * before * count) / after, 16)
}

function lanes(v: v128): i32 {
  return (
    i32x4.extract_lane(v, 0) +
    i32x4.extract_lane(v, 1) +
    i32x4.extract_lane(v, 2) +
    i32x4.extract_lane(v, 3)
  )
}

function sumOf(low: v128, high: v128): f64 {
  const first = f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1)
  const second = f64x2.extract_lane(high, 0) + f64x2.extract_lane(high, 1)
  return first + second
}

function leastOf(v: v128): f64 {
  const first = min(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1))
  return <f64>min(first, min(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)))
}

function mostOf(v: v128): f64 {
  const first = max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1))
  return <f64>max(first, max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)))
}
