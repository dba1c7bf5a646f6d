/**
 * The least and the greatest of `count` float32, as four of each at `to`, for the caller to join. A NaN stays.
 */
export function range(source: usize, count: i32, to: usize): void {
  let least = f32x4.splat(Infinity)
  let greatest = f32x4.splat(-Infinity)
  let least2 = least
  let greatest2 = greatest
  const end = source + (<usize>count << 2)
  const whole = source + (<usize>(count & ~7) << 2)
  for (; source < whole; source += 32) {
    const a = v128.load(source)
    const b = v128.load(source, 16)
    least = f32x4.min(least, a)
    least2 = f32x4.min(least2, b)
    greatest = f32x4.max(greatest, a)
    greatest2 = f32x4.max(greatest2, b)
  }
  for (; source < end; source += 4) {
    const number = v128.load_splat<f32>(source)
    least = f32x4.min(least, number)
    greatest = f32x4.max(greatest, number)
  }
  v128.store(to, f32x4.min(least, least2))
  v128.store(to, f32x4.max(greatest, greatest2), 16)
}

/** Takes `count` float32 into as many least and greatest ones. */
export function columnRanges(source: usize, count: i32, least: usize, greatest: usize): void {
  const end = source + (<usize>count << 2)
  const whole = source + (<usize>(count & ~3) << 2)
  for (; source < whole; source += 16) {
    const numbers = v128.load(source)
    v128.store(least, f32x4.min(v128.load(least), numbers))
    v128.store(greatest, f32x4.max(v128.load(greatest), numbers))
    least += 16
    greatest += 16
  }
  for (; source < end; source += 4) {
    const number = load<f32>(source)
    store<f32>(least, min<f32>(load<f32>(least), number))
    store<f32>(greatest, max<f32>(load<f32>(greatest), number))
    least += 4
    greatest += 4
  }
}
