import * as packed from './grids.generated.ts'

/** A codebook: rows of 8 or 4 numbers, one behind the other. */
export type Grid = Int8Array

export const iq1Grid: () => Grid = lazily(() => unpack(packed.IQ1_S_GRID, 2, [-1, 0, 1]))
export const iq2xxsGrid: () => Grid = lazily(() => unpack(packed.IQ2_XXS_GRID, 2, [8, 25, 43]))
export const iq2xsGrid: () => Grid = lazily(() => unpack(packed.IQ2_XS_GRID, 2, [8, 25, 43]))
export const iq2sGrid: () => Grid = lazily(() => unpack(packed.IQ2_S_GRID, 2, [8, 25, 43]))
export const iq3xxsGrid: () => Grid = lazily(() =>
  unpack(packed.IQ3_XXS_GRID, 4, [4, 12, 20, 28, 36, 44, 52, 62]),
)
export const iq3sGrid: () => Grid = lazily(() => unpack(packed.IQ3_S_GRID, 4, [1, 3, 5, 7, 9, 11, 13, 15]))

/** Seven bits of signs and an eighth that makes their number even. */
export const SIGNS: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) => code | (parity(code) << 7))

function parity(code: number): number {
  let odd = 0
  for (let rest = code; rest > 0; rest >>= 1) odd ^= rest & 1
  return odd
}

function lazily(make: () => Grid): () => Grid {
  let made: Grid | undefined
  return () => {
    made ??= make()
    return made
  }
}

function unpack(base64: string, bits: 2 | 4, numbers: readonly number[]): Grid {
  const bytes = Buffer.from(base64, 'base64')
  const perByte = 8 / bits
  const mask = bits === 2 ? 3 : 7
  return Int8Array.from({ length: bytes.length * perByte }, (_, i) => {
    const code = (bytes[Math.floor(i / perByte)]! >> ((i % perByte) * bits)) & mask
    return numbers[code]!
  })
}
