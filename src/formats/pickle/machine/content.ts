import type { ByteSource } from '../../../core/index.ts'
import { fail, MAX_READ_BYTES } from '../limits.ts'
import { beforeOpenEscape, decodeRawUnicodeEscape, decodeStringEscapes, MAX_ESCAPE } from './texts.ts'

/** How content stands in the file. */
export type Form = 'plain' | 'string-escapes' | 'raw-unicode-escape'

export interface Content {
  readonly offset: number
  readonly length: number
  readonly form: Form
}

/** Content with its escapes resolved; text as UTF-8. Throws FORMAT_LIMIT or FORMAT_MALFORMED. */
export async function readContent(source: ByteSource, content: Content): Promise<Uint8Array> {
  const { offset, length, form } = content
  if (length > MAX_READ_BYTES) {
    const place = { name: source.name, offset }
    throw fail.limit(place, `a byte string of ${length} bytes; ${MAX_READ_BYTES} are read at once`)
  }
  return decoded(source, offset, await source.read(offset, length), form)
}

/** The beginning of content: at least `least` bytes where it has as many. */
export async function peekContent(source: ByteSource, content: Content, least: number): Promise<Uint8Array> {
  const { offset, length, form } = content
  const take = form === 'plain' ? least : (least + 1) * MAX_ESCAPE
  if (take >= length) return readContent(source, content)
  const bytes = await source.read(offset, take)
  return decoded(source, offset, bytes.subarray(0, beforeOpenEscape(bytes, MAX_ESCAPE)), form)
}

function decoded(source: ByteSource, offset: number, bytes: Uint8Array, form: Form): Uint8Array {
  if (form === 'plain') return bytes
  const text = form === 'raw-unicode-escape' ? decodeRawUnicodeEscape(bytes) : undefined
  const resolved = form === 'string-escapes' ? decodeStringEscapes(bytes) : bufferOf(text)
  if (resolved === undefined)
    throw fail.malformed({ name: source.name, offset }, 'an escape in a string is broken')
  return resolved
}

function bufferOf(text: string | undefined): Uint8Array | undefined {
  return text === undefined ? undefined : Buffer.from(text)
}
