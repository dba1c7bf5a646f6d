import { isUtf8 } from 'node:buffer'
import { messageOf } from '../../../core/index.ts'
import { MAX_JSON_DEPTH, MAX_MEMBER_BYTES, MAX_TEXTS } from '../limits.ts'
import { refuse } from '../refuse.ts'

const [QUOTE, COMMA, COLON, OPEN_ARRAY, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5b, 0x5c]
/** Elements that are parsed before they are counted. */
const SLACK = 65_536
/** Longer ones are rare, and JSON.parse is for them. */
const MAX_PLAIN_BYTES = 64
const [CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5d, 0x7b, 0x7d]

/**
 * Walks the members of the JSON object at `at`, without making anything of their values: `member` gets the key
 * and where its value begins, and returns where that ends. Returns the offset behind the object.
 */
export function eachMember(bytes: Buffer, at: number, member: (key: string, at: number) => number): number {
  let next = expectByte(bytes, skipSpace(bytes, at), OPEN_OBJECT)
  next = skipSpace(bytes, next)
  if (bytes[next] === CLOSE_OBJECT) return next + 1
  for (;;) {
    const end = endOfString(bytes, next)
    const key = plainText(bytes, next, end) ?? String(valueAt(bytes, next, end))
    next = expectByte(bytes, skipSpace(bytes, end), COLON)
    next = skipSpace(bytes, member(key, skipSpace(bytes, next)))
    if (bytes[next] === CLOSE_OBJECT) return next + 1
    next = skipSpace(bytes, expectByte(bytes, next, COMMA))
  }
}

/** Walks the elements of the JSON array at `at`; `element` returns where its element ends. */
export function eachElement(bytes: Buffer, at: number, element: (at: number) => number): number {
  let next = skipSpace(bytes, expectByte(bytes, skipSpace(bytes, at), OPEN_ARRAY))
  if (bytes[next] === CLOSE_ARRAY) return next + 1
  for (;;) {
    next = skipSpace(bytes, element(next))
    if (bytes[next] === CLOSE_ARRAY) return next + 1
    next = skipSpace(bytes, expectByte(bytes, next, COMMA))
  }
}

/** Where the value at `at` ends. Only brackets and strings are looked at: parsing it is what checks it. */
export function endOfValue(bytes: Buffer, at: number): number {
  let depth = 0
  for (let i = at; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (byte === QUOTE) {
      i = endOfString(bytes, i) - 1
      if (depth === 0) return i + 1
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      if (++depth > MAX_JSON_DEPTH)
        throw refuse(`The JSON nests more than ${MAX_JSON_DEPTH} values, at byte ${i}`)
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      if (depth === 0) return i
      if (--depth === 0) return i + 1
    } else if (depth === 0 && byte === COMMA) return i
  }
  throw refuse('The JSON ends too early')
}

/**
 * Throws REQUEST_INVALID where the value from `at` to `end` has more elements than `most` and MAX_TEXTS, before memory
 * is taken for them. Empty arrays count as well, so a little more is let be.
 */
export function checkElements(bytes: Buffer, at: number, end: number, most: number = MAX_TEXTS): void {
  const limit = Math.min(most, MAX_TEXTS) + SLACK
  let commas = 0
  for (let i = at; i < end; i++) {
    if (bytes[i] === QUOTE) i = endOfString(bytes, i) - 1
    else if (bytes[i] === COMMA && ++commas > limit) {
      throw refuse(`The data has more than ${Math.min(most, MAX_TEXTS)} elements`)
    }
  }
}

/** Parses the value at `at`. Throws REQUEST_INVALID over `limit` bytes. */
export function valueAt(bytes: Buffer, at: number, end: number, limit: number = MAX_MEMBER_BYTES): unknown {
  const plain = plainText(bytes, at, end)
  if (plain !== undefined) return plain
  if (end - at > limit) throw refuse(`A member of the request has ${end - at} bytes; the limit is ${limit}`)
  if (!isUtf8(bytes.subarray(at, end))) throw refuse(`The request is not UTF-8, behind byte ${at}`)
  try {
    return JSON.parse(bytes.toString('utf8', at, end))
  } catch (cause) {
    throw refuse(`The request is not JSON: ${messageOf(cause)}`)
  }
}

/** A short string of ASCII without escapes, as names and datatypes are; undefined for all else. */
function plainText(bytes: Buffer, at: number, end: number): string | undefined {
  if (bytes[at] !== QUOTE || end - at > MAX_PLAIN_BYTES || bytes[end - 1] !== QUOTE || end - at < 2)
    return undefined
  for (let i = at + 1; i < end - 1; i++) {
    const byte = bytes[i]!
    if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH || byte === QUOTE) return undefined
  }
  return bytes.toString('latin1', at + 1, end - 1)
}

export function skipSpace(bytes: Buffer, at: number): number {
  let next = at
  for (let byte = bytes[next]; byte === 0x20 || (byte !== undefined && byte >= 9 && byte <= 13); ) {
    byte = bytes[++next]
  }
  return next
}

function endOfString(bytes: Buffer, at: number): number {
  if (bytes[at] !== QUOTE) throw unexpected(bytes, at, 'a string')
  for (let i = at + 1; ; i++) {
    const quote = bytes.indexOf(QUOTE, i)
    if (quote < 0) throw refuse('The JSON ends inside a string')
    let escapes = 0
    while (bytes[quote - 1 - escapes] === BACKSLASH) escapes++
    if (escapes % 2 === 0) return quote + 1
    i = quote
  }
}

function expectByte(bytes: Buffer, at: number, expected: number): number {
  if (bytes[at] !== expected) throw unexpected(bytes, at, `'${String.fromCharCode(expected)}'`)
  return at + 1
}

function unexpected(bytes: Buffer, at: number, expected: string): Error {
  const found = at >= bytes.length ? 'the end' : JSON.stringify(bytes.toString('latin1', at, at + 10))
  return refuse(`The request is not JSON: expected ${expected} at byte ${at}, found ${found}`)
}
