/** Words that are added before sums must be folded to stay exact. */
const BLOCK = 360

/** HDF5's Fletcher checksum: over big-endian words of 16 bits, an odd last byte as a high one. */
export function fletcher32(bytes: Uint8Array): number {
  let low = 0
  let high = 0
  const words = bytes.byteLength >> 1
  for (let at = 0, left = words; left > 0; ) {
    const block = Math.min(left, BLOCK)
    for (let i = 0; i < block; i++, at += 2) {
      low += (bytes[at]! << 8) | bytes[at + 1]!
      high += low
    }
    low = fold(low)
    high = fold(high)
    left -= block
  }
  if (bytes.byteLength % 2 === 1) {
    low = fold(low + (bytes[bytes.byteLength - 1]! << 8))
    high = fold(high + low)
  }
  return fold(high) * 0x10000 + fold(low)
}

const fold = (sum: number): number => (sum & 0xffff) + (sum >>> 16)
