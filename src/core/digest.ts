import { createHash, hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Branded } from './brand.ts'

/** `sha256:` and 64 lower-case hex digits. */
export type Digest = Branded<string, 'Digest'>

const DIGEST = /^sha256:[0-9a-f]{64}$/

export function isDigest(text: string): text is Digest {
  return DIGEST.test(text)
}

/** SHA-256 of bytes in memory. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${hash('sha256', bytes, 'hex')}` as Digest
}

/** SHA-256 of a file, streamed. */
export async function digestOfFile(path: string): Promise<Digest> {
  const sum = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) sum.update(chunk as Buffer)
  return `sha256:${sum.digest('hex')}` as Digest
}

/** The hex part. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length)
}

/**
 * SHA-256 over the canonical JSON of a value: keys sorted, no white space, so that equal values have equal
 * digests wherever they were made. Numbers must be finite.
 */
export function digestOfValue(value: unknown): Digest {
  return digestOf(canonicalJson(value))
}

/**
 * JSON of plain values with sorted keys and without `undefined`. Throws a TypeError on what JSON can't hold:
 * numbers that are not finite, dates, maps, bytes.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`)
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${Array.from(value, canonicalJson).join(',')}]`
  if (typeof value === 'object' && isPlain(value)) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`)
    return `{${members.join(',')}}`
  }
  const name = typeof value === 'object' ? (value.constructor?.name ?? 'object') : typeof value
  throw new TypeError(`${name} has no JSON form`)
}

/** Not a Date, Map or typed array, whose members would be lost or mean something else. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
