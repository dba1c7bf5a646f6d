/** Counts of 16-bit codes: the upper halves of float32 numbers, or elements and pairs of elements as they are stored. */
import { BUCKET_BYTES, BUCKETS, STATE } from './memory'

export function reset(): void {
  memory.fill(STATE, 0, 128)
  store<f64>(STATE, Infinity, 24)
  store<f64>(STATE, -Infinity, 32)
}

/**
 * Empties the two tables: each code that occurred, ascending, and how often, as u32 behind one another from `to` on.
 * Gives how many there are.
 */
export function takeCounts(to: usize): i32 {
  let next = to
  const nothing = i32x4.splat(0)
  for (let at = BUCKETS; at < BUCKETS + BUCKET_BYTES; at += 16) {
    const both = i32x4.add(v128.load(at), v128.load(at, BUCKET_BYTES))
    if (!v128.any_true(both)) continue
    v128.store(at, nothing)
    v128.store(at, nothing, BUCKET_BYTES)
    const code = <u32>((at - BUCKETS) >> 2)
    next = give(next, code, i32x4.extract_lane(both, 0))
    next = give(next, code + 1, i32x4.extract_lane(both, 1))
    next = give(next, code + 2, i32x4.extract_lane(both, 2))
    next = give(next, code + 3, i32x4.extract_lane(both, 3))
  }
  return <i32>((next - to) >> 3)
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function give(next: usize, code: u32, count: i32): usize {
  if (count == 0) return next
  store<u32>(next, code)
  store<u32>(next, <u32>count, 4)
  return next + 8
}

/** Counts `count` codes of 16 bits. */
export function codes(at: usize, count: i32): void {
  const end = at + (<usize>count << 1)
  for (; at + 8 <= end; at += 8) {
    const four = load<u64>(at)
    countOne(<usize>(four & 0xffff))
    countOther(<usize>((four >> 16) & 0xffff))
    countOne(<usize>((four >> 32) & 0xffff))
    countOther(<usize>(four >> 48))
  }
  for (; at < end; at += 2) countOne(<usize>load<u16>(at))
}

// Two tables, so that equal neighbours do not wait for each other.

// @ts-ignore: a decorator of AssemblyScript
@inline
export function countOne(code: usize): void {
  const place = BUCKETS + (code << 2)
  store<u32>(place, load<u32>(place) + 1)
}

// @ts-ignore: a decorator of AssemblyScript
@inline
export function countOther(code: usize): void {
  const place = BUCKETS + (code << 2)
  store<u32>(place, load<u32>(place, BUCKET_BYTES) + 1, BUCKET_BYTES)
}
