import { type DecodeBlock, halfAt, uint16At } from './block.ts'

/** The sixteen numbers of a 4-bit code, denser around zero. */
const NUMBERS: readonly number[] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113]

export const iq4_nl: DecodeBlock = (bytes, at, out, to) => {
  spread(bytes, at + 2, halfAt(bytes, at), out, to)
}

/** Eight sub-blocks with 6-bit scales: four low bits each in four bytes, two high ones in a word. */
export const iq4_xs: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at)
  const high = uint16At(bytes, at + 2)
  for (let sub = 0; sub < 8; sub++) {
    const low = (bytes[at + 4 + (sub >> 1)]! >> ((sub & 1) << 2)) & 15
    const factor = Math.fround(scale * ((low | (((high >> (2 * sub)) & 3) << 4)) - 32))
    spread(bytes, at + 8 + sub * 16, factor, out, to + sub * 32)
  }
}

function spread(bytes: Uint8Array, at: number, factor: number, out: Float32Array, to: number): void {
  for (let i = 0; i < 16; i++) {
    const two = bytes[at + i]!
    out[to + i] = factor * NUMBERS[two & 15]!
    out[to + 16 + i] = factor * NUMBERS[two >> 4]!
  }
}
