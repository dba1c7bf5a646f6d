/**
 * Where a stream of bytes is cut so that an insertion moves no cut but the nearest: FastCDC's normalised chunking
 * (Xia et al., USENIX ATC 2016). All in bytes; `target` is a power of two.
 */
export interface ChunkSizes {
  /** No cut before: the bytes up to here are not even looked at. */
  readonly min: number
  /** Cuts are rarer before this size and likelier behind it. */
  readonly target: number
  /** A cut here at the latest. */
  readonly max: number
}

/** Finds cuts. */
export interface Chunker {
  readonly sizes: ChunkSizes
  /**
   * Length of the first chunk of `bytes`, which are the stream from the last cut on: at least `sizes.max` of them
   * unless the stream ends before. Depends on nothing but these bytes.
   */
  next(bytes: Uint8Array): number
}
