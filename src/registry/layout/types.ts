import type { Bytes } from '../../core/index.ts'
import type { ElementKind } from '../codec/types.ts'

/**
 * The longest piece: what one thread encodes at a time, and the least that is read for one element. Smaller pieces
 * cost more records, larger ones more memory in each thread.
 */
export const MAX_PIECE_BYTES: number = 1024 * 1024

/** A tensor whose bytes lie in a file as they are, one behind the other. */
export interface PlacedTensor {
  readonly name: string
  /** As the format says it: `float32`, `q4_0`. */
  readonly dtype: string
  /** At most 64 sizes. */
  readonly shape: readonly number[]
  readonly offset: Bytes
  readonly length: Bytes
  readonly kind: ElementKind
}

/** What a file is, as far as cutting it goes. */
export interface FileLayout {
  /** Absent for bytes that no reader knows. */
  readonly format?: string
  /** In order of offset, none over another. */
  readonly tensors: readonly PlacedTensor[]
}

/** A run of a file's bytes that is stored as one. */
export interface Piece {
  readonly offset: Bytes
  /** At least 1, at most `MAX_PIECE_BYTES`. */
  readonly length: Bytes
  readonly kind: ElementKind
  /** The tensor that it belongs to, by its place in `FileLayout.tensors`; absent for what lies between tensors. */
  readonly tensor?: number
}

/** A piece with its bytes: valid until the next one is asked for, unless copied. */
export interface PieceBytes {
  readonly piece: Piece
  readonly bytes: Uint8Array
}

/** The layout of a base that a file is compared with, and how long it is: a `Recipe` is one. */
export interface BaseLayout extends FileLayout {
  readonly size: Bytes
}

/** Bytes of a file. */
export interface ByteRange {
  readonly offset: Bytes
  readonly length: Bytes
}
