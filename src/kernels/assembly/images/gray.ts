import { FRACTION_BITS, LOW_BITS } from './sums'

/** Bytes of one group of eight inputs' weights: the upper parts, then the lower ones. */
const GROUP: usize = 32

/** Columns of gray, as `columns3`, with groups of eight inputs. Reads eight bytes for each group. */
export function columns1(
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
      let groups = load<u32>(place, 4)
      place += 8
      let upper = i32x4.splat(0)
      let lower = i32x4.splat(0)
      while (groups > 0) {
        const pixels = v128.load8x8_u(from)
        upper = i32x4.add(upper, i32x4.dot_i16x8_s(pixels, v128.load(weight)))
        lower = i32x4.add(lower, i32x4.dot_i16x8_s(pixels, v128.load(weight, 16)))
        weight += GROUP
        from += 8
        groups--
      }
      const sum = (lanes(upper) << LOW_BITS) + lanes(lower) + (1 << (FRACTION_BITS - 1))
      store<u8>(target, <u8>max(0, min(255, sum >> FRACTION_BITS)))
      target++
    }
    source += row
  }
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function lanes(v: v128): i32 {
  return (
    i32x4.extract_lane(v, 0) +
    i32x4.extract_lane(v, 1) +
    i32x4.extract_lane(v, 2) +
    i32x4.extract_lane(v, 3)
  )
}
