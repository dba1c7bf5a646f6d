/** As many bytes as `bits` go into one. */
export function pack(source: usize, count: i32, bits: i32, map: usize, target: usize): void {
  if (bits == 4) packHalves(source, count & ~1, map, target)
  else if (bits == 2) packQuarters(source, count & ~3, map, target)
  else packBits(source, count & ~7, map, target)
  const each = 8 / bits
  const rest = count % each
  if (rest == 0) return
  const done = count - rest
  let packed: u32 = 0
  for (let k: i32 = 0; k < rest; k++) packed |= code(map, source + <usize>(done + k)) << (k * bits)
  store<u8>(target + <usize>(done / each), <u8>packed)
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function code(map: usize, at: usize): u32 {
  return load<u8>(map + <usize>load<u8>(at))
}

function packHalves(source: usize, count: i32, map: usize, target: usize): void {
  for (const end = source + <usize>count; source < end; source += 2, target++) {
    store<u8>(target, <u8>(code(map, source) | (code(map, source + 1) << 4)))
  }
}

function packQuarters(source: usize, count: i32, map: usize, target: usize): void {
  for (const end = source + <usize>count; source < end; source += 4, target++) {
    const low = code(map, source) | (code(map, source + 1) << 2)
    store<u8>(target, <u8>(low | (code(map, source + 2) << 4) | (code(map, source + 3) << 6)))
  }
}

function packBits(source: usize, count: i32, map: usize, target: usize): void {
  for (const end = source + <usize>count; source < end; source += 8, target++) {
    let packed: u32 = 0
    for (let k: usize = 0; k < 8; k++) packed |= code(map, source + k) << <u32>k
    store<u8>(target, <u8>packed)
  }
}

/** The symbols are in a vector, and picked sixteen at a time. */
export function unpack(source: usize, count: i32, bits: i32, map: usize, target: usize): void {
  const symbols = v128.load(map)
  const end = target + <usize>count
  const whole = target + <usize>(count & ~127)
  for (; target < whole; target += 128, source += <usize>bits << 4) {
    for (let k: usize = 0; k < 8; k++) {
      v128.store(target + (k << 4), i8x16.swizzle(symbols, places(source + <usize>bits * (k << 1), bits)))
    }
  }
  const mask = (1 << bits) - 1
  for (let at: i32 = 0; target < end; target++, at += bits) {
    const packed = <i32>load<u8>(source + <usize>(at >> 3))
    store<u8>(target, load<u8>(map + <usize>((packed >> (at & 7)) & mask)))
  }
}

/** Sixteen places from sixteen times `bits` bits. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function places(source: usize, bits: i32): v128 {
  if (bits == 4) {
    const v = v128.load64_zero(source)
    const low = v128.and(v, i8x16.splat(15))
    const high = i8x16.shr_u(v, 4)
    return i8x16.shuffle(low, high, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
  }
  if (bits == 2) {
    const v = i8x16.swizzle(v128.load32_zero(source), i8x16(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3))
    const place = v128.and(v, i8x16(3, 12, 48, -64, 3, 12, 48, -64, 3, 12, 48, -64, 3, 12, 48, -64))
    // Each at the top of its part: as a product, or as it is.
    const low = v128.or(place, i8x16.shr_u(place, 2))
    const folded = v128.or(v128.or(low, i8x16.shr_u(place, 4)), i8x16.shr_u(place, 6))
    return v128.and(folded, i8x16.splat(3))
  }
  const v = i8x16.swizzle(v128.load32_zero(source), i8x16(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1))
  const bit = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128)
  return v128.and(i8x16.eq(v128.and(v, bit), bit), i8x16.splat(1))
}

/** Words on a grid of 64 bytes that are where a word of their hash was last. */
export function repeats(source: usize, length: i32, mask: i32, seen: usize): i32 {
  memory.fill(seen, 0, 0x8000)
  let hits: i32 = 0
  let samples: i32 = 0
  for (let at: i32 = 0; at + 8 <= length; at += 64) {
    const word = load<u64>(source + <usize>at)
    let hash = <u32>word * 0x9e37_79b1 + <u32>(word >> 32) * 0x85eb_ca77
    hash = (hash ^ (hash >> 15)) * 0xc2b2_ae3d
    if (hash & mask) continue
    const place = seen + ((<usize>hash >> 20) << 3)
    samples++
    if (load<u64>(place) == word) hits++
    store<u64>(place, word)
  }
  return samples == 0 ? 0 : (hits << 8) / samples
}
