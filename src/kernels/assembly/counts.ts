/** Counts of 16-bit codes: the upper halves of float32 numbers, or elements and pairs of elements as they are stored. */
import { BUCKET_BYTES, BUCKETS, STATE } from './memory'

export function reset(): void {
  memory.fill(BUCKETS, 0, 2 * BUCKET_BYTES)
  memory.fill(STATE, 0, 128)
  store<f64>(STATE, Infinity, 24)
  store<f64>(STATE, -Infinity, 32)
}

/** Empties the two tables into the first one. */
export function mergeCounts(): void {
  for (let at: usize = BUCKETS; at < BUCKETS + BUCKET_BYTES; at += 16) {
    const other = at + BUCKET_BYTES
    v128.store(at, i32x4.add(v128.load(at), v128.load(other)))
    v128.store(other, i32x4.splat(0))
  }
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
