import type { PredictionLimits } from '../../access/types.ts'
import type { Json } from '../../core/index.ts'

/** Checks of JSON columns: the shape's outline, so that a damaged row is told from a good one. */

export function isJson(_value: unknown): _value is Json {
  return true
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isTexts<Text extends string>(value: unknown): value is readonly Text[] {
  return Array.isArray(value) && value.every(item => typeof item === 'string')
}

export function isTextRecord(value: unknown): value is Readonly<Record<string, string>> {
  return isRecord(value) && Object.values(value).every(item => typeof item === 'string')
}

/** Objects that have all of these members, of these types. */
export function has<Shape>(
  members: Readonly<Record<string, 'string' | 'number' | 'boolean' | 'array' | 'object' | 'any'>>,
) {
  return (value: unknown): value is Shape =>
    isRecord(value) &&
    Object.entries(members).every(([name, type]) => Object.hasOwn(value, name) && isOf(value[name], type))
}

/** What was checked when it was set: members that are there are objects or numbers. */
export function isLimits(value: unknown): value is PredictionLimits {
  return (
    isRecord(value) && Object.values(value).every(member => isRecord(member) || typeof member === 'number')
  )
}

export function listOf<Item>(item: (value: unknown) => value is Item) {
  return (value: unknown): value is readonly Item[] => Array.isArray(value) && value.every(item)
}

function isOf(value: unknown, type: string): boolean {
  if (type === 'any') return true
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isRecord(value)
  return typeof value === type
}
