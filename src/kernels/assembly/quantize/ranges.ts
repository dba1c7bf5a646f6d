/**
 * The least and the greatest of `count` float32, as four of each at `to`, for the caller to join. A NaN stays. Reads
 * whole vectors: what is behind the last number must be one of them.
 */
export function range(source: usize, count: i32, to: usize): void {
  let least = f32x4.splat(Infinity)
  let greatest = f32x4.splat(-Infinity)
  let least2 = least
  let greatest2 = greatest
  const end = source + (<usize>count << 2)
  for (; source < end; source += 32) {
    const a = v128.load(source)
    const b = v128.load(source, 16)
    least = f32x4.min(least, a)
    least2 = f32x4.min(least2, b)
    greatest = f32x4.max(greatest, a)
    greatest2 = f32x4.max(greatest2, b)
  }
  v128.store(to, f32x4.min(least, least2))
  v128.store(to, f32x4.max(greatest, greatest2), 16)
}

/** Takes `count` float32 into as many least and greatest ones. Reads and writes whole vectors. */
export function columnRanges(source: usize, count: i32, least: usize, greatest: usize): void {
  const end = source + (<usize>count << 2)
  for (; source < end; source += 16) {
    const numbers = v128.load(source)
    v128.store(least, f32x4.min(v128.load(least), numbers))
    v128.store(greatest, f32x4.max(v128.load(greatest), numbers))
    least += 16
    greatest += 16
  }
}
