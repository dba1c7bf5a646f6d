import type { ByteSource } from '../../../core/index.ts'
import { fail } from '../limits.ts'
import {
  beforeOpenEscape,
  decodeRawUnicodeEscape,
  decodeStringEscapes,
  MAX_ESCAPE,
} from '../machine/texts.ts'
import type { PickleText } from '../types.ts'
import type { ArrayData } from './data.ts'

/** How much of an encoded text is decoded at once. */
const CHUNK_BYTES = 256 * 1024

type Encoded = Exclude<ArrayData, { kind: 'elsewhere' }>

/** An array's bytes in pieces, decoded. Throws FORMAT_MALFORMED for text that stands for no bytes. */
export async function* bytesOf(source: ByteSource, data: Encoded): AsyncGenerator<Uint8Array, void> {
  if (data.kind === 'characters') yield* charactersOf(source, data.text)
  else if (data.kind === 'escaped') yield* decoded(source, data, withoutEscapes)
  else
    for (let at = 0; at < data.length; at += CHUNK_BYTES)
      yield await source.read(data.offset + at, Math.min(CHUNK_BYTES, data.length - at))
}

/** Bytes that `bytesOf` gives; undefined where only decoding tells. */
export function lengthOf(data: ArrayData): number | undefined {
  if (data.kind === 'range') return data.length
  if (data.kind === 'characters' && !data.text.whole) return data.text.value.length
  return undefined
}

async function* charactersOf(
  source: ByteSource,
  { value, whole }: PickleText,
): AsyncGenerator<Uint8Array, void> {
  if (whole) {
    yield* decoded(source, whole, whole.encoding === 'utf-8' ? latin1FromUtf8 : latin1FromEscapes)
    return
  }
  const bytes = latin1(value)
  if (!bytes)
    throw fail.malformed({ name: source.name }, 'a text that stands for bytes has a character above 255')
  yield bytes
}

/** How much of the bytes was decoded to what; undefined for what can't be. `last` says that no more follow. */
type Decode = (
  bytes: Uint8Array,
  last: boolean,
) => { readonly used: number; readonly out: Uint8Array } | undefined

/** Decodes a range chunk by chunk; what a chunk ends within goes to the next one. */
async function* decoded(
  source: ByteSource,
  range: { readonly offset: number; readonly length: number },
  decode: Decode,
): AsyncGenerator<Uint8Array, void> {
  let at = 0
  while (at < range.length) {
    const take = Math.min(CHUNK_BYTES, range.length - at)
    const offset = range.offset + at
    const part = decode(await source.read(offset, take), at + take === range.length)
    if (!part || part.used === 0)
      throw fail.malformed({ name: source.name, offset }, 'a text that stands for bytes can not be decoded')
    at += part.used
    yield part.out
  }
}

/** UTF-8 whose characters are all below 256: of two bytes, the first is C2 or C3. */
const latin1FromUtf8: Decode = (bytes, last) => {
  const out = new Uint8Array(bytes.length)
  let to = 0
  let at = 0
  while (at < bytes.length) {
    const byte = bytes[at]!
    if (byte < 0x80) {
      out[to++] = byte
      at++
      continue
    }
    const second = bytes[at + 1]
    if (second === undefined && !last) break
    if ((byte & 0xfe) !== 0xc2 || second === undefined || (second & 0xc0) !== 0x80) return undefined
    out[to++] = ((byte & 0x03) << 6) | (second & 0x3f)
    at += 2
  }
  return { used: at, out: out.subarray(0, to) }
}

/** `\u00e9` and plain latin-1. */
const latin1FromEscapes: Decode = (bytes, last) => {
  const used = last ? bytes.length : beforeOpenEscape(bytes, MAX_ESCAPE)
  const text = decodeRawUnicodeEscape(bytes.subarray(0, used))
  const out = text === undefined ? undefined : latin1(text)
  return out && { used, out }
}

/** `\x00`, `\n` and plain bytes. */
const withoutEscapes: Decode = (bytes, last) => {
  const used = last ? bytes.length : beforeOpenEscape(bytes, MAX_ESCAPE)
  const out = decodeStringEscapes(bytes.subarray(0, used))
  return out && { used, out }
}

function latin1(text: string): Uint8Array | undefined {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return undefined
  return Buffer.from(text, 'latin1')
}
