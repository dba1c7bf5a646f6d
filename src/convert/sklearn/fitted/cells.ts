import type { EstimatorValue } from '../../../formats/index.ts'

/** A simple value: a category, a class, a fill value. */
export type Cell = null | boolean | number | bigint | string

/** Undefined for lists, arrays, objects. pandas' NA and NaT count as null. */
export function cellOf(value: EstimatorValue | undefined): Cell | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'object' || value === null) return value
  if ('kind' in value && (value.kind === 'object' || value.kind === 'name') && isMissing(value)) return null
  return undefined
}

function isMissing(value: Extract<EstimatorValue, { kind: 'object' | 'name' }>): boolean {
  const name = value.kind === 'name' ? value.name : value.className
  return value.module.startsWith('pandas.') && /^(NA|NAType|NaT|NaTType|_nat_unpickle)$/.test(name)
}
