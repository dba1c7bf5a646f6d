import { type DecodeBlock, halfAt, int8At, uint32At } from './block.ts'

const { fround } = Math

/** A binary16 scale and 4-bit numbers: the low halves of 16 bytes first, then the high ones. */
export const q4_0: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at)
  for (let i = 0; i < 16; i++) {
    const two = bytes[at + 2 + i]!
    out[to + i] = scale * ((two & 15) - 8)
    out[to + 16 + i] = scale * ((two >> 4) - 8)
  }
}

export const q4_1: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at)
  const least = halfAt(bytes, at + 2)
  for (let i = 0; i < 16; i++) {
    const two = bytes[at + 4 + i]!
    out[to + i] = fround(scale * (two & 15)) + least
    out[to + 16 + i] = fround(scale * (two >> 4)) + least
  }
}

/** The fifth bits of all numbers lie together in front. */
export const q5_0: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at)
  const high = uint32At(bytes, at + 2)
  for (let i = 0; i < 16; i++) {
    const two = bytes[at + 6 + i]!
    out[to + i] = scale * (((two & 15) | (((high >>> i) & 1) << 4)) - 16)
    out[to + 16 + i] = scale * (((two >> 4) | (((high >>> (i + 16)) & 1) << 4)) - 16)
  }
}

export const q5_1: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at)
  const least = halfAt(bytes, at + 2)
  const high = uint32At(bytes, at + 4)
  for (let i = 0; i < 16; i++) {
    const two = bytes[at + 8 + i]!
    out[to + i] = fround(scale * ((two & 15) | (((high >>> i) & 1) << 4))) + least
    out[to + 16 + i] = fround(scale * ((two >> 4) | (((high >>> (i + 16)) & 1) << 4))) + least
  }
}

export const q8_0: DecodeBlock = (bytes, at, out, to) => eight(bytes, at + 2, halfAt(bytes, at), out, to, 32)

/** Behind the scale lies the sum of the block, for products. */
export const q8_1: DecodeBlock = (bytes, at, out, to) => eight(bytes, at + 4, halfAt(bytes, at), out, to, 32)

/** A float32 scale; behind the numbers lie sums by sixteen. */
export const q8_k: DecodeBlock = (bytes, at, out, to) => {
  const scale = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getFloat32(0, true)
  eight(bytes, at + 4, scale, out, to, 256)
}

function eight(
  bytes: Uint8Array,
  at: number,
  scale: number,
  out: Float32Array,
  to: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) out[to + i] = scale * int8At(bytes, at + i)
}

/** A sign a number: the scale, or its negative where the bit is clear. */
export const q1_0: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at)
  for (let i = 0; i < 128; i++) out[to + i] = (bytes[at + 2 + (i >> 3)]! >> (i & 7)) & 1 ? scale : -scale
}
