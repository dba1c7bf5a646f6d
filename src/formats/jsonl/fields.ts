import type { Json } from '../../core/index.ts'
import { type ColumnKind, widest } from '../bytes/columns.ts'

/** What a field holds in each line. */
export interface Field {
  readonly kind: ColumnKind
  /** Of one line's value: empty for a number. */
  readonly shape: readonly number[]
}

/** Arrays in arrays; images as numbers have three. */
const MAX_RANK = 8
const OBJECT: Field = { kind: 'object', shape: [] }

/** What one value is. Arrays are tensors where they hold numbers in one shape. */
export function fieldKind(value: Json): Field {
  if (!Array.isArray(value)) return { kind: scalarKind(value), shape: [] }
  const shape: number[] = []
  for (let inner: Json = value; Array.isArray(inner); inner = inner[0]!) {
    shape.push(inner.length)
    if (inner.length === 0 || shape.length > MAX_RANK) return OBJECT
  }
  let level: readonly Json[] = value
  for (const size of shape.slice(1)) {
    if (!level.every(inner => Array.isArray(inner) && inner.length === size)) return OBJECT
    level = level.flat()
  }
  let kind: ColumnKind | undefined
  for (const inner of level) kind = widest(kind, scalarKind(inner))
  return kind === undefined || kind === 'string' || kind === 'object' ? OBJECT : { kind, shape }
}

function scalarKind(value: Json): ColumnKind {
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'string'
  // Null is NaN.
  if (value === null) return 'float64'
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? 'int64' : 'float64'
  return 'object'
}

/** A value's numbers in order; undefined where they are not what the field says. */
export function flatten(value: Json, { kind, shape }: Field): readonly number[] | undefined {
  let level: readonly Json[] = [value]
  for (const size of shape) {
    if (!level.every(inner => Array.isArray(inner) && inner.length === size)) return undefined
    level = level.flat()
  }
  const numbers: number[] = []
  for (const inner of level) {
    const found = scalarKind(inner)
    if (found !== kind && !(kind === 'float64' && found === 'int64')) return undefined
    numbers.push(inner === null ? Number.NaN : Number(inner))
  }
  return numbers
}
