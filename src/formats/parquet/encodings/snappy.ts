/**
 * Unpacks one Snappy block (format_description.txt) that states to have `size` bytes. Undefined for a block that
 * breaks off, reaches back too far or has another size.
 */
export function unsnappy(block: Uint8Array, size: number): Uint8Array | undefined {
  let at = 0
  let stated = 0
  for (let shift = 0; ; shift += 7) {
    const byte = block[at++]
    if (byte === undefined || shift > 28) return undefined
    stated += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
  }
  if (stated !== size) return undefined
  const out = new Uint8Array(size)
  let to = 0
  while (at < block.byteLength) {
    const tag = block[at++]!
    if ((tag & 3) === 0) {
      let length = tag >> 2
      if (length >= 60) {
        const more = length - 59
        length = 0
        for (let place = 0; place < more; place++) length += (block[at++] ?? 0) * 2 ** (8 * place)
      }
      length++
      if (length > block.byteLength - at || length > size - to) return undefined
      out.set(block.subarray(at, at + length), to)
      at += length
      to += length
      continue
    }
    const kind = tag & 3
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1
    const extra = kind === 1 ? 1 : kind === 2 ? 2 : 4
    if (extra > block.byteLength - at) return undefined
    let distance = kind === 1 ? (tag >> 5) * 256 : 0
    for (let place = 0; place < extra; place++) distance += block[at++]! * 2 ** (8 * place)
    if (distance === 0 || distance > to || length > size - to) return undefined
    if (distance >= length) out.copyWithin(to, to - distance, to - distance + length)
    else for (let index = 0; index < length; index++) out[to + index] = out[to + index - distance]!
    to += length
  }
  return to === size ? out : undefined
}
