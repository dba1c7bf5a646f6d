import type { InferredType } from '../../formats/index.ts'
import type { ValueType } from './types.ts'

/** What the source says of a value, and where it leaves a size open, what is inferred. */
export function mergeTypes(told: ValueType, inferred: InferredType | undefined): InferredType {
  if (!inferred) return told
  const shape = told.shape ?? inferred.shape
  if (!shape) return { dtype: told.dtype }
  const same = inferred.shape?.length === shape.length ? inferred.shape : undefined
  const sizes = shape.map((size, i) => size ?? same?.[i] ?? null)
  const agreed = told.dtype === inferred.dtype && same?.every((size, i) => size === sizes[i])
  return { dtype: told.dtype, shape: sizes, ...(agreed && inferred.known && { known: inferred.known }) }
}
