import { rounded } from './sums'

/** Bytes of one group of four inputs' weights: the upper parts in pairs, then the lower ones. */
const GROUP: usize = 16

/**
 * Columns of RGB. For each of `to` outputs there is at `places` the byte where its inputs begin in a row, and how many
 * groups of four inputs it takes; its groups lie behind one another at `weights`. Reads 16 bytes for each group, and
 * writes a byte behind the last.
 */
export function columns3(
  source: usize,
  row: usize,
  places: usize,
  weights: usize,
  to: i32,
  target: usize,
  height: i32,
): void {
  // Pairs of inputs side by side, for each colour: 0x80 gives 0.
  const first = i8x16(0, -128, 3, -128, 1, -128, 4, -128, 2, -128, 5, -128, -128, -128, -128, -128)
  const second = i8x16(6, -128, 9, -128, 7, -128, 10, -128, 8, -128, 11, -128, -128, -128, -128, -128)
  for (let y: i32 = 0; y < height; y++) {
    let weight = weights
    let place = places
    for (let x: i32 = 0; x < to; x++) {
      let from = source + <usize>load<u32>(place)
      let groups = load<u32>(place, 4)
      place += 8
      let upper = i32x4.splat(0)
      let lower = i32x4.splat(0)
      while (groups > 0) {
        const pixels = v128.load(from)
        const a = i8x16.swizzle(pixels, first)
        const b = i8x16.swizzle(pixels, second)
        upper = i32x4.add(upper, i32x4.dot_i16x8_s(a, v128.load32_splat(weight)))
        upper = i32x4.add(upper, i32x4.dot_i16x8_s(b, v128.load32_splat(weight, 4)))
        lower = i32x4.add(lower, i32x4.dot_i16x8_s(a, v128.load32_splat(weight, 8)))
        lower = i32x4.add(lower, i32x4.dot_i16x8_s(b, v128.load32_splat(weight, 12)))
        weight += GROUP
        from += 12
        groups--
      }
      const wide = rounded(upper, lower)
      const narrow = i16x8.narrow_i32x4_s(wide, wide)
      v128.store32_lane(target, i8x16.narrow_i16x8_u(narrow, narrow), 0)
      target += 3
    }
    source += row
  }
}
