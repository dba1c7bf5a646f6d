/** Numbers that are computed when they are asked for; one, or one for each channel. */
export type Numbers = () => Promise<Float64Array>

/** x · scale + offset, channel by channel. Absent: 1, and 0. */
export interface Affine {
  readonly scale?: Numbers
  readonly offset?: Numbers
}

/** Where the channels of a product's result are in its weight. */
export interface Layout {
  readonly channels: number
  /** Elements in a row that belong to one channel. */
  readonly run: number
  /** The channel of the run with this number. */
  readonly channelOf: (run: number) => number
}
