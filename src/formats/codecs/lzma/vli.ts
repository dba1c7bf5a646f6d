import type { Feed } from '../feed.ts'

/** Nine groups of 7 bits; beyond 2^53 no file has a size. */
const MAX_BYTES = 9

/** A number in groups of 7 bits, lowest first. Undefined for one that breaks off, is too large or is written too long. */
export function parseVli(bytes: Uint8Array, at: number): { value: number; next: number } | undefined {
  let value = 0
  for (let place = 0; place < MAX_BYTES; place++) {
    const byte = bytes[at + place]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * 2 ** (7 * place)
    if (byte >= 0x80) continue
    if ((byte === 0 && place > 0) || !Number.isSafeInteger(value)) return undefined
    return { value, next: at + place + 1 }
  }
  return undefined
}

/** The feed's next number. Throws FORMAT_MALFORMED or FORMAT_TRUNCATED. */
export async function readVli(feed: Feed): Promise<{ value: number; bytes: Uint8Array }> {
  const window = await feed.peek(MAX_BYTES)
  const found = parseVli(window, 0)
  if (found) return { value: found.value, bytes: await feed.take(found.next) }
  if (window.byteLength < MAX_BYTES) throw feed.fail.truncated(feed.place, 'a number breaks off')
  throw feed.fail.malformed(feed.place, 'a number is too large or written too long')
}
