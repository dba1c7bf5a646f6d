import type { Dtype, Json } from '../../../core/index.ts'
import type { TensorSpec } from '../../../model/index.ts'

/** A schema of JSON Schema 2020-12, as OpenAPI 3.1 takes it. */
export type Schema = { readonly [key: string]: Json }

const bits = (dtype: Dtype): number => Number(dtype.replace(/\D/g, ''))

/** One element of a type. Answers may have null where a number is NaN or infinite. */
export function elementSchema(dtype: Dtype, answer = false): Schema {
  if (dtype === 'string') return { type: 'string' }
  if (dtype === 'bool') return { type: 'boolean' }
  if (dtype.includes('float')) return { type: answer ? ['number', 'null'] : 'number' }
  const size = bits(dtype)
  // Neighbours of 2^63 fall together in JSON Schema's own numbers.
  if (size === 64) return { type: 'integer', ...(dtype === 'uint64' && { minimum: 0 }) }
  return dtype.startsWith('u')
    ? { type: 'integer', minimum: 0, maximum: 2 ** size - 1 }
    : { type: 'integer', minimum: -(2 ** (size - 1)), maximum: 2 ** (size - 1) - 1 }
}

/** Arrays nested by sizes; a free one takes any number. */
export function nestedSchema(element: Schema, sizes: TensorSpec['shape']): Schema {
  return sizes.reduceRight<Schema>((items, size) => {
    return typeof size === 'number'
      ? { type: 'array', items, minItems: size, maxItems: size }
      : { type: 'array', items }
  }, element)
}

/** A shape: its fixed sizes, and any others. One that was never declared is any shape. */
export function shapeSchema({ shape }: TensorSpec): Schema {
  const free: Schema = { type: 'integer', minimum: 0 }
  if (shape.length === 0) return { type: 'array', items: free }
  return {
    type: 'array',
    prefixItems: shape.map(size => (typeof size === 'number' ? { const: size } : free)),
    items: false,
    minItems: shape.length,
  }
}

export function objectSchema(
  properties: { readonly [name: string]: Schema },
  required = Object.keys(properties),
): Schema {
  return { type: 'object', properties, required }
}

/** The first of several, or any of them. */
export function oneOf(schemas: readonly Schema[]): Schema {
  return schemas.length === 1 ? schemas[0]! : { oneOf: schemas }
}

export function anyOf(schemas: readonly Schema[]): Schema {
  return schemas.length === 1 ? schemas[0]! : { anyOf: schemas }
}

export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` }
}
