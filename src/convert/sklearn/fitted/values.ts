import type { EstimatorValue } from '../../../formats/index.ts'

export function isList(value: EstimatorValue | undefined): value is readonly EstimatorValue[] {
  return Array.isArray(value)
}

type Kinds = Extract<EstimatorValue, { readonly kind: string }>

export function isKind<K extends Kinds['kind']>(
  value: EstimatorValue | undefined,
  kind: K,
): value is Extract<Kinds, { readonly kind: K }> {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind
}

/** A value as messages name it, as Python writes it where it is short. */
export function told(value: EstimatorValue | undefined): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string') return `'${value.slice(0, 100)}'`
  if (typeof value !== 'object') return String(value)
  if (isList(value)) return `a list of ${value.length}`
  switch (value.kind) {
    case 'name':
      return `${value.module}.${value.name}`.slice(0, 200)
    case 'estimator':
    case 'object':
      return (value.className || 'an object').slice(0, 200)
    case 'array':
      return `an array of ${value.array.dtype.dtype} [${value.array.shape.join(', ')}]`
    case 'map':
      return 'a dictionary'
    case 'bytes':
      return 'bytes'
    case 'opaque':
      return value.what
  }
}
