/**
 * Five codes of up to 11 bits, and up to 7 bits from before, fit in 64. A code enters at the top of a word and pushes
 * those before it down; its length, in the lowest bits of the same entry, is pushed out before it is in the way.
 */
export function encode(source: usize, count: i32, codes: usize, pairs: usize, target: usize): usize {
  let pending: u64 = 0
  let bits: u64 = 0
  const end = source + <usize>count
  // Two pairs are as good as one code: at most 22 bits each, and twice as few look-ups.
  if (pairs != 0) {
    while (source + 4 <= end) {
      const a = pair(pairs, source, 0)
      const b = pair(pairs, source, 2)
      const more = (a + b) & 63
      pending |= (((a >> b) | b) >> (64 - more)) << bits
      bits += more
      source += 4
      store<u64>(target, pending)
      target += <usize>(bits >> 3)
      pending >>= bits & 56
      bits &= 7
    }
  }
  while (source + 5 <= end) {
    const a = entry(codes, source, 0)
    const b = entry(codes, source, 1)
    const c = entry(codes, source, 2)
    const d = entry(codes, source, 3)
    const e = entry(codes, source, 4)
    const word = ((((((((a >> b) | b) >> c) | c) >> d) | d) >> e) | e)
    // At least five bits, at most 55.
    const more = (a + b + c + d + e) & 63
    pending |= (word >> (64 - more)) << bits
    bits += more
    source += 5
    store<u64>(target, pending)
    target += <usize>(bits >> 3)
    pending >>= bits & 56
    bits &= 7
  }
  for (; source < end; source++) {
    const code = entry(codes, source, 0)
    pending |= (code >> (64 - (code & 63))) << bits
    bits += code & 63
  }
  store<u64>(target, pending)
  return target + <usize>((bits + 7) >> 3)
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function entry(codes: usize, source: usize, k: usize): u64 {
  return load<u64>(codes + (<usize>load<u8>(source + k) << 3))
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function pair(pairs: usize, source: usize, k: usize): u64 {
  return load<u64>(pairs + (<usize>load<u16>(source + k) << 3))
}

/** By two bytes as they lie: what `encode` would make of both, as one entry of the same kind. */
export function pairs(codes: usize, first: i32, last: i32, table: usize): void {
  for (let low: i32 = first; low <= last; low++) {
    const a = load<u64>(codes + (<usize>low << 3))
    if (a == 0) continue
    const column = table + (<usize>low << 3)
    for (let high: i32 = first; high <= last; high++) {
      const b = load<u64>(codes + (<usize>high << 3))
      if (b == 0) continue
      const length = (a + b) & 63
      const code = ((a ^ (a & 63)) >> b) | (b ^ (b & 63))
      store<u64>(column + (<usize>high << 11), code | length)
    }
  }
}
