/**
 * Columns of RGB bytes as float32. For each of `to` outputs there is at `places` the byte where its inputs begin in a
 * row, and how many it takes; float32 weights lie behind one another. Reads and writes 4 bytes behind the last.
 */
export function floatColumns3(
  source: usize,
  row: usize,
  places: usize,
  weights: usize,
  to: i32,
  target: usize,
  height: i32,
): void {
  for (let y: i32 = 0; y < height; y++) {
    let weight = weights
    let place = places
    for (let x: i32 = 0; x < to; x++) {
      let from = source + <usize>load<u32>(place)
      let taps = load<u32>(place, 4)
      place += 8
      let sum = f32x4.splat(0)
      while (taps > 0) {
        const shorts = i16x8.extend_low_i8x16_u(v128.load32_zero(from))
        const pixel = f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(shorts))
        sum = f32x4.add(sum, f32x4.mul(pixel, v128.load32_splat(weight)))
        weight += 4
        from += 3
        taps--
      }
      v128.store(target, sum)
      target += 12
    }
    source += row
  }
}

/**
 * Rows of `row` float32. For each of `count` outputs there is at `places` the byte where its first input begins, and
 * how many it takes. Reads and writes up to 12 bytes behind a row.
 */
export function floatRows(
  source: usize,
  row: i32,
  places: usize,
  weights: usize,
  count: i32,
  target: usize,
): void {
  const step = <usize>row << 2
  for (let y: i32 = 0; y < count; y++) {
    const start = source + <usize>load<u32>(places)
    const taps = load<u32>(places, 4)
    places += 8
    for (let i: usize = 0; i < step; i += 16) {
      let from = start + i
      let sum = f32x4.splat(0)
      for (let k: usize = 0; k < <usize>taps << 2; k += 4) {
        sum = f32x4.add(sum, f32x4.mul(v128.load(from), v128.load32_splat(weights + k)))
        from += step
      }
      v128.store(target + i, sum)
    }
    weights += <usize>taps << 2
    target += step
  }
}
