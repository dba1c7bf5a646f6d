import type { ByteSource } from '../../../core/index.ts'
import { parseStrictJson, type StrictJson } from '../../bytes/json.ts'
import type { TensorflowFailures } from '../failures.ts'

export type JsonObject = ReadonlyMap<string, StrictJson>

/** Topology and names, no weights: large models have a few megabytes. */
const MAX_JSON_BYTES = 128 * 1024 * 1024
const MAX_JSON_VALUES = 8_000_000
const MAX_JSON_DEPTH = 200

/** The file as JSON. Throws FORMAT_MALFORMED, FORMAT_LIMIT. */
export async function readJson(source: ByteSource, fail: TensorflowFailures): Promise<StrictJson> {
  const place = { name: source.name }
  if (source.size > MAX_JSON_BYTES)
    throw fail.limit(place, `the JSON has ${source.size} bytes; the limit is ${MAX_JSON_BYTES}`)
  const limits = { name: source.name, fail, maxDepth: MAX_JSON_DEPTH, maxValues: MAX_JSON_VALUES }
  return parseStrictJson(await source.read(0, source.size), limits)
}

export function isObject(value: StrictJson | undefined): value is JsonObject {
  return value instanceof Map
}

/** An object's member that is an object; an empty one where it is missing or something else. */
export function objectAt(value: StrictJson | undefined, key: string): JsonObject {
  const member = isObject(value) ? value.get(key) : undefined
  return isObject(member) ? member : new Map()
}

export function listAt(value: StrictJson | undefined, key: string): readonly StrictJson[] {
  const member = isObject(value) ? value.get(key) : undefined
  return Array.isArray(member) ? member : []
}

export function textAt(value: StrictJson | undefined, key: string): string | undefined {
  const member = isObject(value) ? value.get(key) : undefined
  return typeof member === 'string' ? member : undefined
}

/** JSON as a description shows it; numbers that are none in JSON, and integers beyond 2^53, become text. */
export function plainJson(value: StrictJson): unknown {
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value)))
    return String(value)
  if (Array.isArray(value)) return value.map(plainJson)
  if (isObject(value))
    return Object.fromEntries(Array.from(value, ([key, member]) => [key, plainJson(member)]))
  return value
}
