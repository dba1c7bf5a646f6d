/**
 * How one axis is resampled: output place `i` is the weighted sum of `lengths[i]` inputs from `starts[i]` on, with
 * the weights from `i * stride` on. Inputs beyond the ends are the last ones.
 */
export interface Windows {
  /** Inputs along the axis. */
  readonly from: number
  /** Outputs along the axis. */
  readonly to: number
  readonly starts: Int32Array
  readonly lengths: Int32Array
  /** Room for each place in `weights`; what a window does not use of it is 0. */
  readonly stride: number
  /** Whole multiples of 2^−22 in passes over bytes. */
  readonly weights: Int32Array
}

/** The same with float32 weights. */
export interface FloatWindows extends Omit<Windows, 'weights'> {
  readonly weights: Float32Array
}

/** Two inputs for each output: `starts[i]` and the next one, with weights of 11 bits from `2 * i` on. */
export interface Pairs {
  /** Inputs along the axis. */
  readonly from: number
  readonly starts: Int32Array
  readonly weights: Int16Array
}

/** Bits of the fraction in a weight: with 8 bits of pixel and 2 for overshoot, sums stay within 32. */
export const FRACTION_BITS = 22

/** The hot loops over images of bytes: rows, then columns, then channels. */
export interface ImagePasses {
  /**
   * Resamples columns, row by row, and rounds to bytes. `windows` lie within the row: starts and lengths beyond its
   * ends are not allowed.
   */
  columns(source: Uint8Array, channels: number, windows: Windows, target: Uint8Array, height: number): void
  /** Resamples rows: output rows `first` to before `end` of `row` bytes each. The same holds for `windows`. */
  rows(
    source: Uint8Array,
    row: number,
    windows: Windows,
    target: Uint8Array,
    first: number,
    end: number,
  ): void
  /** Columns as float32, each product and sum rounded to it. */
  floatColumns(
    source: Uint8Array,
    channels: number,
    windows: FloatWindows,
    target: Float32Array,
    height: number,
  ): void
  /** Rows of float32, likewise: output rows `first` to before `end`. */
  floatRows(
    source: Float32Array,
    row: number,
    windows: FloatWindows,
    target: Float32Array,
    first: number,
    end: number,
  ): void
  /**
   * OpenCV's bilinear, columns and rows: output rows `first` to before `end`. Columns lie within the row; of rows
   * beyond the ends the last ones are taken.
   */
  linear(
    source: Uint8Array,
    channels: number,
    across: Pairs,
    down: Pairs,
    target: Uint8Array,
    first: number,
    end: number,
  ): void
  /**
   * Each byte of pixels `first` to before `end` by its channel's table of 256, as planes one behind the other or as
   * the bytes lie. `source` and `target` are of the whole image.
   */
  lookUp(
    source: Uint8Array,
    tables: readonly Float32Array[],
    planar: boolean,
    target: Float32Array,
    first: number,
    end: number,
  ): void
}
