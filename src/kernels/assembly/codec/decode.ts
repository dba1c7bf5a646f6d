/** Symbols that one round gives a stream at most: five entries of three. */
const ROUND: u32 = 15

/** The highest bit of what is left of a stream: how many zeros are above it says how much was taken. */
const MARK: u64 = 0x8000_0000_0000_0000

export function tables(codes: usize, bits: i32, single: usize, table: usize): void {
  const size: u32 = 1 << bits
  for (let symbol: u32 = 0; symbol < 256; symbol++) {
    const length = load<u32>(codes + (<usize>symbol << 3))
    if (length == 0) continue
    const code = load<u32>(codes + (<usize>symbol << 3), 4) >> (32 - length)
    const entry = symbol | (length << 8)
    for (let place = code; place < size; place += 1 << length) {
      store<u16>(single + (<usize>place << 1), <u16>entry)
    }
  }
  for (let place: u32 = 0; place < size; place++) {
    let entry = <u32>load<u16>(single + (<usize>place << 1))
    let symbols = entry & 255
    let length = entry >> 8
    let many: u32 = 1
    entry = <u32>load<u16>(single + (<usize>(place >> length) << 1))
    if (length + (entry >> 8) <= <u32>bits) {
      symbols |= (entry & 255) << 8
      length += entry >> 8
      many = 2
      entry = <u32>load<u16>(single + (<usize>(place >> length) << 1))
      if (length + (entry >> 8) <= <u32>bits) {
        symbols |= (entry & 255) << 16
        length += entry >> 8
        many = 3
      }
    }
    store<u32>(table + (<usize>place << 2), symbols | (length << 24) | (many << 30))
  }
}

/** What is left of a stream from where it was read, with `taken` bits of it gone. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function filled(at: usize, taken: u64): u64 {
  return (load<u64>(at) | MARK) >> (taken & 7)
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function entryOf(left: u64, mask: u32, table: usize): u32 {
  return load<u32>(table + (<usize>(<u32>left & mask) << 2))
}

/** Four streams in turn, so that none waits for its own table; each then goes on alone to its end. */
export function decode(
  streams: usize,
  count: i32,
  bits: i32,
  single: usize,
  table: usize,
  target: usize,
): bool {
  const mask: u32 = (1 << bits) - 1
  const quarter = <usize>((count + 3) >> 2)
  const last = target + <usize>count
  let at0 = <usize>load<u32>(streams)
  let at1 = <usize>load<u32>(streams, 4)
  let at2 = <usize>load<u32>(streams, 8)
  let at3 = <usize>load<u32>(streams, 12)
  let to0 = target
  let to1 = min(last, target + quarter)
  let to2 = min(last, target + 2 * quarter)
  let to3 = min(last, target + 3 * quarter)
  const end0 = to1
  const end1 = to2
  const end2 = to3
  let left0 = filled(at0, 0)
  let left1 = filled(at1, 0)
  let left2 = filled(at2, 0)
  let left3 = filled(at3, 0)
  while (true) {
    let rounds = min(min(rest(to0, end0), rest(to1, end1)), min(rest(to2, end2), rest(to3, last)))
    if (rounds == 0) break
    do {
      for (let k = 0; k < 5; k++) {
        const entry0 = entryOf(left0, mask, table)
        const entry1 = entryOf(left1, mask, table)
        const entry2 = entryOf(left2, mask, table)
        const entry3 = entryOf(left3, mask, table)
        store<u32>(to0, entry0)
        store<u32>(to1, entry1)
        store<u32>(to2, entry2)
        store<u32>(to3, entry3)
        left0 >>= <u64>(entry0 >> 24)
        left1 >>= <u64>(entry1 >> 24)
        left2 >>= <u64>(entry2 >> 24)
        left3 >>= <u64>(entry3 >> 24)
        to0 += <usize>(entry0 >> 30)
        to1 += <usize>(entry1 >> 30)
        to2 += <usize>(entry2 >> 30)
        to3 += <usize>(entry3 >> 30)
      }
      const taken0 = clz(left0)
      const taken1 = clz(left1)
      const taken2 = clz(left2)
      const taken3 = clz(left3)
      at0 += <usize>(taken0 >> 3)
      at1 += <usize>(taken1 >> 3)
      at2 += <usize>(taken2 >> 3)
      at3 += <usize>(taken3 >> 3)
      left0 = filled(at0, taken0)
      left1 = filled(at1, taken1)
      left2 = filled(at2, taken2)
      left3 = filled(at3, taken3)
    } while (--rounds != 0)
  }
  const good0 = finish(at0, left0, to0, end0, mask, single, table) == load<u32>(streams, 4)
  const good1 = finish(at1, left1, to1, end1, mask, single, table) == load<u32>(streams, 8)
  const good2 = finish(at2, left2, to2, end2, mask, single, table) == load<u32>(streams, 12)
  const good3 = finish(at3, left3, to3, last, mask, single, table) == load<u32>(streams, 16)
  return good0 && good1 && good2 && good3
}

/** Rounds that surely stay before `end`, with the byte that an entry writes beyond its symbols. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function rest(to: usize, end: usize): u32 {
  return end > to ? (<u32>(end - to) - 1) / ROUND : 0
}

/** Decodes one stream to its end; gives the byte behind the last that it took. */
function finish(
  at: usize,
  left: u64,
  to: usize,
  end: usize,
  mask: u32,
  single: usize,
  table: usize,
): usize {
  for (let rounds = rest(to, end); rounds != 0; rounds = rest(to, end)) {
    for (let k = 0; k < 5; k++) {
      const entry = entryOf(left, mask, table)
      store<u32>(to, entry)
      left >>= <u64>(entry >> 24)
      to += <usize>(entry >> 30)
    }
    const taken = clz(left)
    at += <usize>(taken >> 3)
    left = filled(at, taken)
  }
  while (to < end) {
    const entry = <u32>load<u16>(single + (<usize>(<u32>left & mask) << 1))
    store<u8>(to, <u8>entry)
    left >>= <u64>(entry >> 8)
    to++
    const taken = clz(left)
    at += <usize>(taken >> 3)
    left = filled(at, taken)
  }
  return at + <usize>((clz(left) + 7) >> 3)
}
