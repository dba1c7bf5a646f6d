/**
 * What the elements of a piece are, as far as storing them goes: which byte of an element holds what. `bytes` is what
 * has no elements that we know: headers, text, ggml's blocks. bool counts as int8, complex64 as float32.
 */
export const ELEMENT_KINDS = [
  'bytes',
  'int8',
  'int16',
  'int32',
  'int64',
  'float16',
  'bfloat16',
  'float32',
  'float64',
] as const
export type ElementKind = (typeof ELEMENT_KINDS)[number]

/** How a piece is stored. Written as one byte, by position: only ever append. */
export const ENCODINGS = ['raw', 'zstd', 'planes', 'delta'] as const
export type Encoding = (typeof ENCODINGS)[number]

/** A piece as it is stored. `body` says all that decoding needs but the length and, of a `delta`, its base. */
export interface EncodedPiece {
  readonly encoding: Encoding
  readonly body: Uint8Array
}

/** Encodes and decodes pieces, one at a time: it works in memory of its own, and nothing that it gives is a view of it. */
export interface PieceCodec {
  /**
   * The smallest of what it can make of a piece: never larger than raw. With `base` (as long as `raw`, the same tensor
   * of an earlier version) also a delta, when that is smaller. With `into` (as long as `raw`; it may be `raw` itself)
   * the body may be written there.
   */
  encode(raw: Uint8Array, kind: ElementKind, base?: Uint8Array, into?: Uint8Array): EncodedPiece
  /**
   * The bytes again, `length` of them. Whoever calls compares their digest. Throws PIECE_CORRUPT on a body that can't
   * be what `encode` made, without reading or writing out of bounds. With `into` (of `length`; it may be the base) they
   * are written there, and it is given.
   */
  decode(piece: EncodedPiece, length: number, base?: Uint8Array, into?: Uint8Array): Uint8Array
}
