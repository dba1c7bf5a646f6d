import type { PickleNode } from '../types.ts'
import type { ArrayData } from './data.ts'
import type { ArrayDtype } from './dtype.ts'

/** A numpy array that a pickle holds. */
export interface NumpyArray {
  readonly dtype: ArrayDtype
  readonly shape: readonly number[]
  /** In elements, one an axis. */
  readonly strides: readonly number[]
  /** Absent for objects. */
  readonly data?: ArrayData
  /** Of an array of objects: its elements in the order of `strides`. */
  readonly objects?: readonly PickleNode[]
  /** A class derived from ndarray: `matrix`, `recarray`. */
  readonly subclass?: string
  /** Of a masked array: true where an element counts as missing. */
  readonly mask?: NumpyArray
}
