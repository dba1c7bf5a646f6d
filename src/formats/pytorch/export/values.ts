import type { StrictJson } from '../../bytes/json.ts'
import type { FormatsError } from '../../errors.ts'
import type { SignatureValue } from '../../types.ts'
import { dtypeOfScalarType, type TorchDtype } from '../dtypes.ts'
import { fail } from '../limits.ts'

export type JsonMap = ReadonlyMap<string, StrictJson>

export function mapOf(value: StrictJson | undefined): JsonMap | undefined {
  return value instanceof Map ? value : undefined
}

export function listOf(value: StrictJson | undefined): readonly StrictJson[] {
  return Array.isArray(value) ? value : []
}

export function textIn(value: StrictJson | undefined, key: string): string | undefined {
  const text = mapOf(value)?.get(key)
  return typeof text === 'string' ? text : undefined
}

export function malformed(file: string, what: string): FormatsError {
  return fail.malformed({ name: file }, `the exported program has ${what}`)
}

/** `TensorMeta` of torch's export schema, as far as it says how a tensor looks and lies. */
export interface TensorMeta {
  readonly dtype: TorchDtype
  /** Numbers, or expressions of symbols: `s77`, `2*s77`. */
  readonly sizes: readonly (number | string | null)[]
  readonly strides: readonly (number | string | null)[]
  readonly offset: number | string | null
}

export function tensorMeta(value: StrictJson | undefined): TensorMeta | undefined {
  const map = mapOf(value)
  const dtype = dtypeOfScalarType(map?.get('dtype'))
  if (!map || !dtype) return undefined
  return {
    dtype,
    sizes: listOf(map.get('sizes')).map(sizeOf),
    strides: listOf(map.get('strides')).map(sizeOf),
    offset: sizeOf(map.get('storage_offset')),
  }
}

/** `{"as_int": 4}`, or `{"as_expr": {"expr_str": "Symbol('s77', positive=True, integer=True)"}}`. */
export function sizeOf(value: StrictJson | undefined): number | string | null {
  const map = mapOf(value)
  const number = map?.get('as_int')
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number
  const expression = textIn(map?.get('as_expr'), 'expr_str')
  if (expression === undefined) return null
  return expression.slice(0, 1000).replaceAll(/Symbol\('([^']*)'[^)]*\)|Integer\((\d+)\)/g, '$1$2')
}

/** A value by its name in the graph, as signatures show it. */
export function signatureValue(name: string, meta: TensorMeta | undefined, tensor?: string): SignatureValue {
  const own = tensor !== undefined && tensor !== name ? { tensor } : {}
  if (!meta) return { name, kind: 'unknown', ...own }
  return { name, kind: 'tensor', dtype: meta.dtype.dtype, shape: meta.sizes, ...own }
}
