/**
 * `count` numbers of `width` bits in runs and packed groups of eight (Encodings.md, RLE). Undefined where the bytes
 * end before. `width` is 32 at most.
 */
export function readHybrid(bytes: Uint8Array, width: number, count: number): Uint32Array | undefined {
  const out = new Uint32Array(count)
  if (width === 0) return out
  const wide = (width + 7) >> 3
  let [at, to] = [0, 0]
  while (to < count) {
    let header = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]
      if (byte === undefined || shift > 28) return undefined
      header += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
    }
    const length = Math.floor(header / 2)
    if (length === 0) continue
    if (header % 2 === 0) {
      if (wide > bytes.byteLength - at) return undefined
      let value = 0
      for (let place = 0; place < wide; place++) value += bytes[at++]! * 2 ** (8 * place)
      const end = Math.min(count, to + length)
      out.fill(value, to, end)
      to = end
      continue
    }
    const values = Math.min(length * 8, count - to)
    // The last group may be cut off behind the values that count.
    if (Math.ceil((values * width) / 8) > bytes.byteLength - at) return undefined
    unpackBits(bytes, at, width, out, to, values)
    to += values
    at += length * width
  }
  return out
}

/** Numbers of `width` bits, lowest bit first. */
function unpackBits(
  bytes: Uint8Array,
  start: number,
  width: number,
  out: Uint32Array,
  to: number,
  count: number,
): void {
  if (width === 8) {
    for (let index = 0; index < count; index++) out[to + index] = bytes[start + index]!
    return
  }
  if (width <= 24) {
    const mask = (1 << width) - 1
    let [held, bits, at] = [0, 0, start]
    for (let index = 0; index < count; index++) {
      while (bits < width) {
        held |= (bytes[at++] ?? 0) << bits
        bits += 8
      }
      out[to + index] = held & mask
      held >>>= width
      bits -= width
    }
    return
  }
  for (let index = 0; index < count; index++) {
    let value = 0
    for (let bit = 0; bit < width; bit++) {
      const place = index * width + bit
      if ((((bytes[start + (place >> 3)] ?? 0) >> (place & 7)) & 1) === 1) value += 2 ** bit
    }
    out[to + index] = value
  }
}
