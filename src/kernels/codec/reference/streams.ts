/** `CodecLoops.encode`. */
export function encodeStream(
  memory: Uint8Array,
  source: number,
  count: number,
  codes: Uint32Array,
  target: number,
): number {
  let [pending, bits, to] = [0, 0, target]
  for (let i = 0; i < count; i++) {
    const symbol = memory[source + i]!
    const length = codes[2 * symbol]!
    pending |= (codes[2 * symbol + 1]! >>> (32 - length)) << bits
    bits += length
    while (bits >= 8) {
      memory[to++] = pending
      pending >>>= 8
      bits -= 8
    }
  }
  if (bits > 0) memory[to++] = pending
  return to
}

/** `CodecLoops.tables`. */
export function fillTables(codes: Uint32Array, bits: number, single: Uint16Array, table: Uint32Array): void {
  const size = 2 ** bits
  for (let symbol = 0; symbol < 256; symbol++) {
    const length = codes[2 * symbol]!
    if (length === 0) continue
    const step = 2 ** length
    for (let place = codes[2 * symbol + 1]! >>> (32 - length); place < size; place += step) {
      single[place] = symbol | (length << 8)
    }
  }
  for (let place = 0; place < size; place++) {
    let [symbols, length, many] = [0, 0, 0]
    while (many < 3) {
      const next = single[place >>> length]!
      if (length + (next >>> 8) > bits) break
      symbols |= (next & 255) << (8 * many)
      length += next >>> 8
      many++
    }
    table[place] = (symbols | (length << 24) | (many << 30)) >>> 0
  }
}

/** `CodecLoops.decode`, one symbol at a time. */
export function decodeStreams(
  memory: Uint8Array,
  streams: Uint32Array,
  count: number,
  bits: number,
  single: Uint16Array,
  target: number,
): boolean {
  const quarter = Math.ceil(count / 4)
  const mask = 2 ** bits - 1
  for (let stream = 0; stream < 4; stream++) {
    const first = Math.min(count, stream * quarter)
    const end = Math.min(count, first + quarter)
    let at = streams[stream]! * 8
    for (let i = first; i < end; i++) {
      const byte = at >>> 3
      const window = memory[byte]! | (memory[byte + 1]! << 8) | (memory[byte + 2]! << 16)
      const entry = single[(window >>> (at & 7)) & mask]!
      memory[target + i] = entry & 255
      at += entry >>> 8
    }
    if ((at + 7) >>> 3 !== streams[stream + 1]) return false
  }
  return true
}
