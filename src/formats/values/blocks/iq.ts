import { float16At } from '../../../kernels/index.ts'
import { type DecodeBlock, halfAt, signAt, uint16At, uint32At } from './block.ts'
import { iq1Grid, iq2sGrid, iq2xsGrid, iq2xxsGrid, iq3sGrid, iq3xxsGrid, SIGNS } from './grids.ts'

const { fround } = Math

/** Codebooks: an index names eight (iq1, iq2) or four (iq3) numbers at once; signs lie apart. */

export const iq1_s: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at)
  const grid = iq1Grid()
  for (let k = 0; k < 32; k++) {
    const high = uint16At(bytes, at + 34 + ((k >> 2) << 1))
    const factor = fround(scale * (2 * ((high >> 12) & 7) + 1))
    const delta = high & 0x8000 ? -0.125 : 0.125
    const row = bytes[at + 2 + k]! | (((high >> (3 * (k & 3))) & 7) << 8)
    for (let i = 0; i < 8; i++) out[to + k * 8 + i] = factor * (grid[row * 8 + i]! + delta)
  }
}

/** The scale's sixteen bits lie in the upper four of the four words of scales. */
export const iq1_m: DecodeBlock = (bytes, at, out, to) => {
  const word = (j: number): number => uint16At(bytes, at + 48 + 2 * j)
  const scale = float16At(
    (word(0) >> 12) | ((word(1) >> 12) << 4) | ((word(2) >> 12) << 8) | ((word(3) >> 12) << 12),
  )
  const grid = iq1Grid()
  for (let k = 0; k < 32; k++) {
    const sub = k >> 1
    const factor = fround(scale * (2 * ((word(sub >> 2) >> (3 * (sub & 3))) & 7) + 1))
    const high = bytes[at + 32 + sub]! >> ((k & 1) << 2)
    const delta = high & 8 ? -0.125 : 0.125
    const row = bytes[at + k]! | ((high & 7) << 8)
    for (let i = 0; i < 8; i++) out[to + k * 8 + i] = factor * (grid[row * 8 + i]! + delta)
  }
}

export const iq2_xxs: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at)
  const grid = iq2xxsGrid()
  for (let k = 0; k < 32; k++) {
    const group = at + 2 + ((k >> 2) << 3)
    const rest = uint32At(bytes, group + 4)
    const factor = fround(fround(scale * (0.5 + (rest >>> 28))) * 0.25)
    const signs = SIGNS[(rest >>> (7 * (k & 3))) & 127]!
    signed(grid, bytes[group + (k & 3)]! * 8, 8, factor, signs, out, to + k * 8)
  }
}

export const iq2_xs: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at)
  const grid = iq2xsGrid()
  for (let k = 0; k < 32; k++) {
    const code = uint16At(bytes, at + 2 + 2 * k)
    const factor = fround(fround(scale * (0.5 + nibbleAt(bytes, at + 66, k >> 1))) * 0.25)
    signed(grid, (code & 511) * 8, 8, factor, SIGNS[code >> 9]!, out, to + k * 8)
  }
}

export const iq2_s: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at)
  const grid = iq2sGrid()
  for (let k = 0; k < 32; k++) {
    const high = (bytes[at + 66 + (k >> 2)]! >> ((k & 3) << 1)) & 3
    const factor = fround(fround(scale * (0.5 + nibbleAt(bytes, at + 74, k >> 1))) * 0.25)
    const row = bytes[at + 2 + k]! | (high << 8)
    signed(grid, row * 8, 8, factor, bytes[at + 34 + k]!, out, to + k * 8)
  }
}

export const iq3_xxs: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at)
  const grid = iq3xxsGrid()
  for (let k = 0; k < 64; k++) {
    const rest = uint32At(bytes, at + 66 + ((k >> 3) << 2))
    const factor = fround(fround(scale * (0.5 + (rest >>> 28))) * 0.5)
    const signs = SIGNS[(rest >>> (7 * ((k >> 1) & 3))) & 127]! >> ((k & 1) << 2)
    signed(grid, bytes[at + 2 + k]! * 4, 4, factor, signs, out, to + k * 4)
  }
}

export const iq3_s: DecodeBlock = (bytes, at, out, to) => {
  const scale = halfAt(bytes, at)
  const grid = iq3sGrid()
  for (let k = 0; k < 64; k++) {
    const high = (bytes[at + 66 + (k >> 3)]! >> (k & 7)) & 1
    const factor = fround(scale * (1 + 2 * nibbleAt(bytes, at + 106, k >> 3)))
    const signs = bytes[at + 74 + (k >> 1)]! >> ((k & 1) << 2)
    signed(grid, (bytes[at + 2 + k]! | (high << 8)) * 4, 4, factor, signs, out, to + k * 4)
  }
}

function nibbleAt(bytes: Uint8Array, at: number, j: number): number {
  return (bytes[at + (j >> 1)]! >> ((j & 1) << 2)) & 15
}

function signed(
  grid: Int8Array,
  row: number,
  count: 4 | 8,
  factor: number,
  signs: number,
  out: Float32Array,
  to: number,
): void {
  for (let i = 0; i < count; i++) out[to + i] = factor * grid[row + i]! * signAt(signs, i)
}
