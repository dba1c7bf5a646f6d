import { type DecodeBlock, halfAt, int8At } from './block.ts'

const { fround } = Math

/** Super-blocks of 256 in sub-blocks of 16 or 32, whose scales are quantized themselves. */

export const q2_k: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at + 80)
  const least = halfAt(bytes, at + 82)
  for (let i = 0; i < 256; i++) {
    const pair = bytes[at + (i >> 4)]!
    const code = (bytes[at + 16 + quarter(i)]! >> shift(i)) & 3
    out[to + i] = fround(fround(scale * (pair & 15)) * code) - fround(least * (pair >> 4))
  }
}

/** The third bits of all numbers lie in front; the offset is taken where the bit is clear. */
export const q3_k: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at + 108)
  for (let i = 0; i < 256; i++) {
    const low = (bytes[at + 32 + quarter(i)]! >> shift(i)) & 3
    const high = (bytes[at + (i & 31)]! >> (i >> 5)) & 1
    out[to + i] = fround(scale * scale3(bytes, at + 96, i >> 4)) * (low - (high ? 0 : 4))
  }
}

/** The byte of a 2-bit number: groups of 128 share 32 bytes. */
function quarter(i: number): number {
  return ((i >> 7) << 5) | (i & 31)
}

function shift(i: number): number {
  return ((i >> 5) & 3) << 1
}

/** Sixteen 6-bit scales in 12 bytes: the low four bits in the first eight, the high two in the last four. */
function scale3(bytes: Uint8Array, at: number, j: number): number {
  const low = (bytes[at + (j & 7)]! >> ((j >> 3) << 2)) & 15
  const high = (bytes[at + 8 + (j & 3)]! >> ((j >> 2) << 1)) & 3
  return (low | (high << 4)) - 32
}

export const q4_k: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at)
  const least = halfAt(bytes, at + 2)
  for (let sub = 0; sub < 8; sub++) {
    const factor = fround(scale * scale4(bytes, at + 4, sub))
    const offset = fround(least * least4(bytes, at + 4, sub))
    for (let i = 0; i < 32; i++) {
      const code = (bytes[at + 16 + ((sub >> 1) << 5) + i]! >> ((sub & 1) << 2)) & 15
      out[to + sub * 32 + i] = fround(factor * code) - offset
    }
  }
}

export const q5_k: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at)
  const least = halfAt(bytes, at + 2)
  for (let sub = 0; sub < 8; sub++) {
    const factor = fround(scale * scale4(bytes, at + 4, sub))
    const offset = fround(least * least4(bytes, at + 4, sub))
    for (let i = 0; i < 32; i++) {
      const low = (bytes[at + 48 + ((sub >> 1) << 5) + i]! >> ((sub & 1) << 2)) & 15
      const high = (bytes[at + 16 + i]! >> sub) & 1
      out[to + sub * 32 + i] = fround(factor * (low | (high << 4))) - offset
    }
  }
}

/** Eight 6-bit scales and eight 6-bit minima in 12 bytes: the last four of each have their high bits in the first. */
function scale4(bytes: Uint8Array, at: number, j: number): number {
  if (j < 4) return bytes[at + j]! & 63
  return (bytes[at + 4 + j]! & 15) | ((bytes[at + j - 4]! >> 6) << 4)
}

function least4(bytes: Uint8Array, at: number, j: number): number {
  if (j < 4) return bytes[at + 4 + j]! & 63
  return (bytes[at + 4 + j]! >> 4) | ((bytes[at + j]! >> 6) << 4)
}

export const q6_k: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at + 208)
  for (let i = 0; i < 256; i++) {
    const low = (bytes[at + ((i >> 7) << 6) + (i & 63)]! >> (((i >> 6) & 1) << 2)) & 15
    const high = (bytes[at + 128 + quarter(i)]! >> shift(i)) & 3
    out[to + i] = fround(scale * int8At(bytes, at + 192 + (i >> 4))) * ((low | (high << 4)) - 32)
  }
}
