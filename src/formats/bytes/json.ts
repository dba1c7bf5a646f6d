import type { Failures, FormatsError } from '../errors.ts'

/** JSON as it stands: objects are Maps, so that no key means anything; integers beyond 2^53 keep their value. */
export type StrictJson =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly StrictJson[]
  | ReadonlyMap<string, StrictJson>

export interface JsonLimits {
  /** Of the file, for messages; `offset` is where the text begins in it. */
  readonly name: string
  readonly offset?: number
  readonly fail: Failures
  readonly maxDepth: number
  /** Values of all kinds: what parsing costs of memory, some 50 bytes each. */
  readonly maxValues: number
}

const SPACE = /[ \t\n\r]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
const WORD = /true|false|null/y

/**
 * Parses UTF-8 JSON as RFC 8259 has it, and refuses keys that occur twice: two readers could take different ones.
 * Throws FORMAT_MALFORMED (with the byte) or FORMAT_LIMIT.
 */
export function parseStrictJson(bytes: Uint8Array, limits: JsonLimits): StrictJson {
  const { name, offset = 0, fail, maxDepth, maxValues } = limits
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw fail.malformed({ name, offset }, 'the JSON is not UTF-8', { cause })
  }
  let at = 0
  let values = 0

  const wrong = (expected: string): FormatsError =>
    fail.malformed(
      { name, offset: offset + Buffer.byteLength(text.slice(0, at)) },
      `expected ${expected} and found ${at < text.length ? JSON.stringify(text.slice(at, at + 20)) : 'the end'}`,
    )
  const skip = (): void => {
    SPACE.lastIndex = at
    SPACE.test(text)
    at = SPACE.lastIndex
  }
  const take = (character: string): boolean => {
    skip()
    if (text[at] !== character) return false
    at++
    return true
  }

  const value = (depth: number): StrictJson => {
    if (++values > maxValues) throw fail.limit({ name }, `more than ${maxValues} JSON values`)
    if (depth > maxDepth) throw fail.limit({ name }, `JSON nested more than ${maxDepth} deep`)
    skip()
    const first = text[at]
    if (first === '{') return object(depth)
    if (first === '[') return array(depth)
    if (first === '"') return string()
    return scalar()
  }
  const object = (depth: number): ReadonlyMap<string, StrictJson> => {
    const members = new Map<string, StrictJson>()
    at++
    if (take('}')) return members
    do {
      skip()
      if (text[at] !== '"') throw wrong('a key')
      const key = string()
      if (members.has(key)) throw wrong(`each key once, not '${key.slice(0, 80)}' twice,`)
      if (!take(':')) throw wrong("':'")
      members.set(key, value(depth + 1))
    } while (take(','))
    if (!take('}')) throw wrong("',' or '}'")
    return members
  }
  const array = (depth: number): readonly StrictJson[] => {
    const items: StrictJson[] = []
    at++
    if (take(']')) return items
    do items.push(value(depth + 1))
    while (take(','))
    if (!take(']')) throw wrong("',' or ']'")
    return items
  }
  const string = (): string => {
    const end = endOfString(text, at)
    if (end === undefined) throw wrong("'\"' at the end of a string")
    const raw = text.slice(at, end)
    let parsed: string
    try {
      parsed = JSON.parse(raw)
    } catch {
      throw wrong('a string')
    }
    if (!parsed.isWellFormed()) throw wrong('a string of whole characters')
    at = end
    return parsed
  }
  const scalar = (): boolean | null | number | bigint => {
    WORD.lastIndex = at
    const word = WORD.exec(text)?.[0]
    if (word) {
      at += word.length
      return word === 'null' ? null : word === 'true'
    }
    NUMBER.lastIndex = at
    const [digits, fraction, exponent] = NUMBER.exec(text) ?? []
    if (!digits) throw wrong('a value')
    const number = Number(digits)
    if (fraction || exponent || Number.isSafeInteger(number)) {
      at += digits.length
      return number
    }
    // An integer of megabytes would take quadratic time.
    if (digits.length > 40) throw wrong('a number')
    at += digits.length
    return BigInt(digits)
  }

  const root = value(0)
  skip()
  if (at < text.length) throw wrong('the end')
  return root
}

/** Behind the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number | undefined {
  let from = start + 1
  for (;;) {
    const quote = text.indexOf('"', from)
    if (quote < 0) return undefined
    let slashes = 0
    while (text[quote - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return quote + 1
    from = quote + 1
  }
}
