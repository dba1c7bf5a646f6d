import type { OnnxDtype } from '../../types.ts'
import type { NodeToInfer } from '../types.ts'
import type { Element } from '../values.ts'

export type Elements = readonly Element[]

/** A type of which every size is known. */
export interface StaticType {
  readonly dtype: OnnxDtype
  readonly shape: readonly number[]
}

/**
 * What is known of the elements of a node's outputs, in C order; null stands for an element that is not known. Is
 * asked only where the output's shape is known and small.
 */
export type Fold = (
  node: NodeToInfer,
  types: readonly StaticType[],
) => readonly (Elements | undefined)[] | undefined
