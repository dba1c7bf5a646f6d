/**
 * Unpacks LibLZF's format: a byte below 32 begins a literal run of that many + 1; others are references back, of
 * length 3 to 264 and distance up to 8192. Undefined where the input is broken or gives more than `most` bytes.
 */
export function unpackLzf(bytes: Uint8Array, most: number): Uint8Array | undefined {
  const out = new Uint8Array(most)
  const end = bytes.byteLength
  let [at, to] = [0, 0]
  while (at < end) {
    const control = bytes[at++]!
    if (control < 32) {
      const run = control + 1
      if (at + run > end || to + run > most) return undefined
      out.set(bytes.subarray(at, at + run), to)
      at += run
      to += run
      continue
    }
    let length = (control >> 5) + 2
    if (length === 9) {
      if (at >= end) return undefined
      length += bytes[at++]!
    }
    if (at >= end) return undefined
    const from = to - (((control & 31) << 8) | bytes[at++]!) - 1
    if (from < 0 || to + length > most) return undefined
    // Byte by byte: a reference may reach into what it writes.
    for (let i = 0; i < length; i++) out[to + i] = out[from + i]!
    to += length
  }
  return out.subarray(0, to)
}
