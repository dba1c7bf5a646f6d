/** Beyond this the distance of a match stands in two bytes of its own (MAX_DISTANCE). */
const MAX_DISTANCE = 8191

/** BloscLZ, a kin of FastLZ (c-blosc, blosclz.c). False where the stream does not fill `out` exactly. */
export function unpackBlosclz(packed: Uint8Array, out: Uint8Array): boolean {
  const end = packed.byteLength
  if (end === 0) return false
  let at = 0
  let to = 0
  // The first instruction is always literals.
  let control = packed[at++]! & 31
  for (;;) {
    if (control < 32) {
      const count = control + 1
      if (count > end - at || count > out.byteLength - to) return false
      out.set(packed.subarray(at, at + count), to)
      at += count
      to += count
    } else {
      let length = (control >> 5) + 2
      const high = (control & 31) << 8
      if (control >> 5 === 7) {
        let more = 255
        while (more === 255) {
          if (at >= end) return false
          more = packed[at++]!
          length += more
        }
      }
      if (at >= end) return false
      const low = packed[at++]!
      let distance = high + low + 1
      if (low === 255 && high === 31 << 8) {
        if (end - at < 2) return false
        distance = packed[at]! * 256 + packed[at + 1]! + MAX_DISTANCE + 1
        at += 2
      }
      if (distance > to || length > out.byteLength - to) return false
      for (const stop = to + length; to < stop; to++) out[to] = out[to - distance]!
    }
    if (at >= end) return to === out.byteLength
    control = packed[at++]!
  }
}
