/**
 * How an element's bits are put before its bytes are split, so that each byte holds what is alike. Written in stored
 * bodies, by position: only ever append.
 *
 * - `plain`: as they lie.
 * - `rotated`: floats, rotated left by one bit. The sign comes last, and the exponent of float32 and bfloat16 fills the
 *   top byte.
 * - `folded`: integers, n ≥ 0 as 2n and n < 0 as −2n − 1, so that small ones of both signs have zeros above.
 * - `difference`: less the base's element, wrapping around, and folded.
 */
export const TRANSFORMS = ['plain', 'rotated', 'folded', 'difference'] as const
export type Transform = (typeof TRANSFORMS)[number]

/**
 * The longest code of a symbol, in bits: the decoder's table is 8 KiB then, and five symbols and the rest of a byte fit
 * in 64 bits.
 */
export const MAX_CODE_BITS = 11

/** Places that the grid of `repeats` is apart, in bytes. */
export const REPEAT_STEP = 64

/**
 * The loops over a piece's planes, in a memory of their own where layout.ts says what lies where. All places are
 * addresses in it. Nothing is checked here: who calls has made sure that everything lies in its area.
 */
export interface CodecLoops {
  readonly memory: Uint8Array
  /**
   * `count` little-endian elements of 2^`log` bytes at `source` become as many planes, each `stride` bytes behind the
   * one before; the first has the lowest bytes. `transform` is a place in `TRANSFORMS`; `base` is read by `difference`.
   */
  split(
    source: number,
    count: number,
    log: number,
    transform: number,
    base: number,
    target: number,
    stride: number,
  ): void
  /** The reverse: `planes` is where the planes' addresses lie, u32 each. */
  join(planes: number, count: number, log: number, transform: number, base: number, target: number): void
  /**
   * Writes how often each byte occurs, 256 u32, and uses the 8 KiB behind them. `pairs`: 2^16 u32 that may be used, for
   * long planes; 0 without.
   */
  count(source: number, count: number, counts: number, pairs: number): void
  /**
   * Bytes become `bits` (1, 2 or 4) bits each, by the 256 bytes at `map`; the first is the lowest. Fills the last
   * byte with zeros.
   */
  pack(source: number, count: number, bits: number, map: number, target: number): void
  /** The reverse, by the 2^`bits` bytes at `map`. */
  unpack(source: number, count: number, bits: number, map: number, target: number): void
  /**
   * Writes bytes by their codes (256 u64: how many bits, and at the top the bits, the first lowest), from the lowest bit
   * on, and gives the end. Writes up to 8 bytes behind it. `pairs`: what `pairs` made of the codes, for long planes of
   * few symbols; 0 without.
   */
  encode(source: number, count: number, codes: number, pairs: number, target: number): number
  /** The codes of two bytes as one, of those from `first` to `last` that have codes: at their places of 2^16 u64. */
  pairs(codes: number, first: number, last: number, table: number): void
  /**
   * Makes the decoder's tables for codes that are complete and at most `bits` long: `single` has 2^`bits` u16 (symbol,
   * from bit 8 on its length), `table` as many u32 (up to three symbols, from bit 24 on their length, from bit 30 on
   * how many).
   */
  tables(codes: number, bits: number, single: number, table: number): void
  /**
   * Decodes four streams that lie behind one another, each of a quarter of the bytes (rounded up, as far as there are
   * any). At `streams` are five u32: where each begins, and the end. False when one does not end where it should. Reads
   * up to 1.4 times `count` and 8 bytes from where the last begins.
   */
  decode(streams: number, count: number, bits: number, single: number, table: number, target: number): boolean
  /**
   * An estimate of repetition: on a grid of `REPEAT_STEP`, how many words of 8 bytes are at the last place of a table
   * of 4,096 with the same hash; only those whose hash has none of `mask`'s bits count. Divided by those that count, in
   * 1/256; 0 without any. Uses the 32 KiB at `seen`.
   */
  repeats(source: number, length: number, mask: number, seen: number): number
}
