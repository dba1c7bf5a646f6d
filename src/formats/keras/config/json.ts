import type { Place } from '../../errors.ts'
import { fail } from '../failures.ts'
import { MAX_CONFIG_BYTES, MAX_CONFIG_DEPTH } from '../limits.ts'

export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export type JsonObject = { readonly [key: string]: Json }

/**
 * Parses what Python's json writes: NaN and infinities too, which become text.
 * Throws FORMAT_LIMIT for more than `MAX_CONFIG_DEPTH` brackets within each other, so that walks may recurse.
 */
export function parseJson(text: string, place: Place, what: string): Json {
  if (text.length > MAX_CONFIG_BYTES)
    throw fail.limit(place, `${what} has ${text.length} characters; ${MAX_CONFIG_BYTES} is the most`)
  if (depthOf(text) > MAX_CONFIG_DEPTH)
    throw fail.limit(place, `${what} is nested over ${MAX_CONFIG_DEPTH} deep`)
  try {
    return JSON.parse(text) as Json
  } catch (first) {
    try {
      return JSON.parse(text.replace(STRING_OR_CONSTANT, quoted)) as Json
    } catch {
      throw fail.malformed(place, `${what} is no JSON`, { cause: first })
    }
  }
}

const STRING_OR_CONSTANT = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g
const quoted = (match: string): string => (match.startsWith('"') ? match : `"${match}"`)

function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (inString) {
      if (code === BACKSLASH) i++
      else if (code === QUOTE) inString = false
    } else if (code === QUOTE) inString = true
    else if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth)
    else if (code === 0x5d || code === 0x7d) depth--
  }
  return deepest
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An own member: a config may be named `constructor`, and must not find JavaScript's. */
export function member(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

export function textMember(object: JsonObject, key: string): string | undefined {
  const value = member(object, key)
  return typeof value === 'string' ? value : undefined
}

export function objectMember(object: JsonObject, key: string): JsonObject | undefined {
  const value = member(object, key)
  return isObject(value) ? value : undefined
}

export function listMember(object: JsonObject, key: string): readonly Json[] | undefined {
  const value = member(object, key)
  return Array.isArray(value) ? value : undefined
}
