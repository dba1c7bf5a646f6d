import type { Transform } from '../../kernels/index.ts'
import type { ElementKind } from './types.ts'

/**
 * The body of `planes` and of `delta`:
 *
 *     u8        log2 of an element's bytes; from bit 2 on the transform, by its place in TRANSFORMS
 *     plane     for each byte of an element, the lowest first, of as many bytes as there are whole elements
 *     u8…       the bytes behind the last whole element
 *
 * A plane is a byte that says how, by its place in PLANE_MODES, and
 *
 *     raw       its bytes
 *     constant  u8: what every byte is
 *     huffman   u8 first symbol, u8 last symbol, lengths of the codes from first to last in 4 bits each, the lower half
 *               of a byte first; 4 sizes of streams, u16 for planes of less than 64 KiB, else u32; 4 streams, each of
 *               a quarter of the bytes, rounded up, as far as there are any
 *     zstd      u32 size; a frame
 *     packed1, packed2, packed4
 *               u8 how many symbols; the symbols, u8 each; a plane (raw, constant, huffman or zstd) of symbols' places in
 *               1, 2 or 4 bits each, the lowest first
 *
 * Numbers are little-endian.
 */
export const PLANE_MODES = ['raw', 'constant', 'huffman', 'zstd', 'packed1', 'packed2', 'packed4'] as const
export type PlaneMode = (typeof PLANE_MODES)[number]

/** Of planes that are packed: bits of a symbol. */
export const PACKED_BITS = { packed1: 1, packed2: 2, packed4: 4 } as const
export type PackedMode = keyof typeof PACKED_BITS

/** Planes from this size on have streams whose sizes take 4 bytes. */
export const WIDE_STREAMS = 0x1_0000

/** How the elements of a kind are cut: log2 of their bytes, and what is done before. */
export interface Cut {
  readonly log: number
  readonly transform: Transform
}

export const CUTS: Readonly<Record<ElementKind, Cut>> = {
  bytes: { log: 0, transform: 'plain' },
  int8: { log: 0, transform: 'plain' },
  int16: { log: 1, transform: 'folded' },
  int32: { log: 2, transform: 'folded' },
  int64: { log: 3, transform: 'folded' },
  float16: { log: 1, transform: 'rotated' },
  bfloat16: { log: 1, transform: 'rotated' },
  float32: { log: 2, transform: 'rotated' },
  float64: { log: 3, transform: 'rotated' },
}

/**
 * Of a piece that is a delta: differences of bits as integers. The same sign and a near exponent make a small number of
 * two floats too, and no carry runs through it as through XOR's.
 */
export function differences({ log }: Cut): Cut {
  return { log, transform: 'difference' }
}
