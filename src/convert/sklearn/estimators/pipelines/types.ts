import type { ColumnType } from '../../estimator.ts'

type Known = ColumnType | 'unused' | undefined

/** The type of a column that two estimators get. */
export function mergeTypes(a: Known, b: Known): Known {
  if (a === b || b === undefined || b === 'unused') return a ?? b
  if (a === undefined || a === 'unused') return b
  if (a === 'string' || b === 'string') return 'string'
  return 'float32'
}
