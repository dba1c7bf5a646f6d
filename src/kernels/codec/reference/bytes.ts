import { REPEAT_STEP } from '../types.ts'

/** `CodecLoops.pack`. */
export function packBits(
  memory: Uint8Array,
  source: number,
  count: number,
  bits: number,
  map: number,
  target: number,
): void {
  const each = 8 / bits
  for (let i = 0; i < count; i += each) {
    let packed = 0
    for (let k = 0; k < each && i + k < count; k++) {
      packed |= memory[map + memory[source + i + k]!]! << (k * bits)
    }
    memory[target + i / each] = packed
  }
}

/** `CodecLoops.unpack`. */
export function unpackBits(
  memory: Uint8Array,
  source: number,
  count: number,
  bits: number,
  map: number,
  target: number,
): void {
  const each = 8 / bits
  const mask = 2 ** bits - 1
  for (let i = 0; i < count; i++) {
    const packed = memory[source + Math.floor(i / each)]!
    memory[target + i] = memory[map + ((packed >> ((i % each) * bits)) & mask)]!
  }
}

/** `CodecLoops.repeats`: `seen` are pairs of the halves of a word. */
export function seenBefore(seen: Uint32Array, bytes: DataView, mask: number): number {
  seen.fill(0)
  let [hits, samples] = [0, 0]
  for (let at = 0; at + 8 <= bytes.byteLength; at += REPEAT_STEP) {
    const low = bytes.getUint32(at, true)
    const high = bytes.getUint32(at + 4, true)
    let hash = (Math.imul(low, 0x9e37_79b1) + Math.imul(high, 0x85eb_ca77)) | 0
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2_ae3d)
    if (hash & mask) continue
    const place = (hash >>> 20) * 2
    samples++
    if (seen[place] === low && seen[place + 1] === high) hits++
    seen[place] = low
    seen[place + 1] = high
  }
  return samples === 0 ? 0 : Math.floor((hits * 256) / samples)
}
