/** Where numbers go: `scale · (q − zeroPoint)` with `least ≤ q ≤ greatest`. */
export interface Int8Grid {
  readonly scale: number
  readonly zeroPoint: number
  /** −128 … 127 or 0 … 255, or less of either. */
  readonly least: number
  readonly greatest: number
}

/** A grid for each column; scales and zero points by column. */
export interface ColumnGrids {
  readonly scales: Float32Array
  readonly zeroPoints: Int32Array
  readonly least: number
  readonly greatest: number
}

/** Blocks of numbers along the rows of a matrix. */
export interface Block {
  /** Of each number. */
  readonly bits: 4 | 8
  /** Numbers of a block: a power of two from 16 on. */
  readonly size: number
  /** With a zero point for each block; else it is the middle, 8 or 128. */
  readonly asymmetric: boolean
}

/**
 * The hot loops over float32 weights. Results are those of onnxruntime's own tools, to the bit. NaN and infinity are
 * the caller's to refuse: `range`, `columnRanges` and `blocks` tell them.
 */
export interface WeightPasses {
  /** For two pieces of a megabyte with a little between them: numbers that lie there are not copied. */
  readonly room?: Uint8Array
  /** The least and the greatest; NaN for both where there is a NaN; [Infinity, −Infinity] of nothing. */
  range(numbers: Float32Array): readonly [number, number]
  /**
   * Takes numbers of a matrix into the least and the greatest of each column. The first belongs to the column `first`;
   * `least` and `greatest` have as many elements as there are columns. A NaN stays in both.
   */
  columnRanges(numbers: Float32Array, first: number, least: Float32Array, greatest: Float32Array): void
  /**
   * q = clamp(roundHalfEven(x / scale) + zeroPoint), the division in float32. Bytes of int8 or uint8 are the same.
   * `target` is as long as `numbers`.
   */
  int8(numbers: Float32Array, grid: Int8Grid, target: Uint8Array): void
  /** The same for numbers of a matrix, the first of them of the column `first`. */
  columnInt8(numbers: Float32Array, first: number, grids: ColumnGrids, target: Uint8Array): void
  /**
   * MatMulNBits' blocks of `columns` columns: `rows` of them (a whole number of blocks; what is missing at the end of
   * the matrix is 0). For column c and block b, `packed` gets size · bits / 8 bytes at ((c · blocks) + b) times as
   * many, lower bits first; `scales` and, where asymmetric, `zeroPoints` (a byte each) get one at c · blocks + b. Gives
   * whether all numbers are finite; what was packed of others is of no use.
   */
  blocks(
    numbers: Float32Array,
    columns: number,
    block: Block,
    packed: Uint8Array,
    scales: Float32Array,
    zeroPoints: Uint8Array,
  ): boolean
  /** The same of a matrix that lies the other way round: each `inputs` numbers become a column, zeros at its end. */
  turnedBlocks(
    numbers: Float32Array,
    inputs: number,
    block: Block,
    packed: Uint8Array,
    scales: Float32Array,
    zeroPoints: Uint8Array,
  ): boolean
  /**
   * float16's bits, to nearest, half to even. Magnitudes below 5.96e-8 but for 0 become that, finite ones above 65504
   * become that; infinity and NaN stay.
   */
  float16(numbers: Float32Array, target: Uint16Array): void
  /** bfloat16's bits, to nearest, half to even; a NaN stays a quiet one. */
  bfloat16(numbers: Float32Array, target: Uint16Array): void
}
