import type { Bits } from './bits.ts'

export const MAX_CODE_LENGTH = 20
/** Codes up to this length are found in one step. */
export const FAST_BITS = 10

/** A canonical code: short codes by table, longer ones by comparing with the last code of each length. */
export interface HuffmanTable {
  /** By the next `FAST_BITS` bits: symbol · 32 + length; 0 for longer codes. */
  readonly fast: Uint16Array
  /** By length: one more than the last code of that length, aligned to `MAX_CODE_LENGTH` bits. */
  readonly limits: Int32Array
  /** By length: what to subtract from a code to get its place in `symbols`. */
  readonly bases: Int32Array
  readonly symbols: Uint16Array
}

/** Lengths of `count` codes, each told by its difference from the one before. Undefined for a length that is none. */
export function readLengths(bits: Bits, count: number): Uint8Array | undefined {
  const lengths = new Uint8Array(count)
  let length = bits.read(5)
  for (let symbol = 0; symbol < count; symbol++) {
    for (;;) {
      if (length < 1 || length > MAX_CODE_LENGTH || bits.overrun) return undefined
      if (bits.read(1) === 0) break
      length += bits.read(1) === 0 ? 1 : -1
    }
    lengths[symbol] = length
  }
  return lengths
}

export function tableOf(lengths: Uint8Array): HuffmanTable {
  const counts = new Int32Array(MAX_CODE_LENGTH + 2)
  for (const length of lengths) counts[length]!++
  const fast = new Uint16Array(1 << FAST_BITS)
  const limits = new Int32Array(MAX_CODE_LENGTH + 2)
  const bases = new Int32Array(MAX_CODE_LENGTH + 2)
  const symbols = new Uint16Array(lengths.length)
  let code = 0
  let place = 0
  for (let length = 1; length <= MAX_CODE_LENGTH; length++) {
    bases[length] = code - place
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] !== length) continue
      symbols[place++] = symbol
      if (length <= FAST_BITS) fillFast(fast, code, length, symbol)
      code++
    }
    limits[length] = code * 2 ** (MAX_CODE_LENGTH - length)
    code *= 2
  }
  return { fast, limits, bases, symbols }
}

function fillFast(fast: Uint16Array, code: number, length: number, symbol: number): void {
  const spread = FAST_BITS - length
  // A hostile code has more codes of a length than fit: they are never found.
  const from = code << spread
  if (from < fast.length) fast.fill(symbol * 32 + length, from, Math.min(fast.length, (code + 1) << spread))
}
