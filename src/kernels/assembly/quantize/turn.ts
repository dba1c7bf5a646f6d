/**
 * Float32 of `rows` rows, `from` bytes apart, as columns of rows that are `to` bytes apart. `columns` of each; both are
 * multiples of four.
 */
export function turn(
  source: usize,
  from: usize,
  rows: i32,
  columns: i32,
  target: usize,
  to: usize,
): void {
  for (let row: i32 = 0; row < rows; row += 4) {
    let at = source
    let place = target
    for (let column: i32 = 0; column < columns; column += 4) {
      const a = v128.load(at)
      const b = v128.load(at + from)
      const c = v128.load(at + 2 * from)
      const d = v128.load(at + 3 * from)
      const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5)
      const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5)
      const abHigh = v128.shuffle<i32>(a, b, 2, 6, 3, 7)
      const cdHigh = v128.shuffle<i32>(c, d, 2, 6, 3, 7)
      v128.store(place, v128.shuffle<i64>(ab, cd, 0, 2))
      v128.store(place + to, v128.shuffle<i64>(ab, cd, 1, 3))
      v128.store(place + 2 * to, v128.shuffle<i64>(abHigh, cdHigh, 0, 2))
      v128.store(place + 3 * to, v128.shuffle<i64>(abHigh, cdHigh, 1, 3))
      at += 16
      place += 4 * to
    }
    source += 4 * from
    target += 16
  }
}
