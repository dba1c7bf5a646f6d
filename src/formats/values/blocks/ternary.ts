import { type DecodeBlock, halfAt } from './block.ts'

const POWERS = [1, 3, 9, 27, 81] as const

/** Numbers −1, 0, 1 times a scale; five to a byte as digits of base 3, scaled up to 256 so that a product takes them out. */
export const tq1_0: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at + 52)
  let next = to
  for (const [start, count, digits] of [
    [0, 32, 5],
    [32, 16, 5],
    [48, 4, 4],
  ] as const) {
    for (const power of POWERS.slice(0, digits)) {
      for (let i = 0; i < count; i++) {
        const digit = (((bytes[at + start + i]! * power) & 255) * 3) >> 8
        out[next++] = scale * (digit - 1)
      }
    }
  }
}

export const tq2_0: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at + 64)
  for (let i = 0; i < 256; i++) {
    const byte = bytes[at + (((i >> 7) << 5) | (i & 31))]!
    out[to + i] = scale * (((byte >> (((i >> 5) & 3) << 1)) & 3) - 1)
  }
}
