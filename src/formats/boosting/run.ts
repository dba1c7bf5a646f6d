/** Types of the numbers in these models' arrays. */
export type NumberDtype = 'float32' | 'float64' | 'int8' | 'int16' | 'int32' | 'int64' | 'uint8' | 'uint32'

/** An array of numbers in a file: where it lies, and what it becomes. */
export interface Run {
  readonly dtype: NumberDtype
  readonly count: number
  /** The bytes between its brackets, or behind its header. */
  readonly start: number
  readonly end: number
  /** `text`: decimal, separated by commas or spaces. `typed`: big-endian binary. `tagged`: each behind its type. */
  readonly form: 'text' | 'typed' | 'tagged'
}

export const BYTES: Readonly<Record<NumberDtype, number>> = {
  float32: 4,
  float64: 8,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint32: 4,
}
