import type { Cursor } from './cursor.ts'
import { fail } from './limits.ts'

/** UTF-8 that names something: it has to be read back as it was written. */
export async function readName(cursor: Cursor, what: string, most: number): Promise<string> {
  const { place } = cursor
  const length = await cursor.size(`the length of ${what}`)
  if (length > most) throw fail.limit(place, `${what} of ${length} bytes; the limit is ${most}`)
  const bytes = await cursor.bytes(length, what)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw fail.malformed(place, `${what} is not UTF-8`, { cause })
  }
}
