import { fail, HELD_TEXT_BYTES, MAX_READ_BYTES, MAX_TEXT_BYTES } from '../limits.ts'
import type { Line } from '../machine/cursor.ts'
import type { Handler, Machine } from '../machine/machine.ts'
import { asciiOf, decodeRawUnicodeEscape, decodeStringEscapes, decodeUtf8 } from '../machine/texts.ts'
import type { PickleText } from '../types.ts'

/** Byte strings and texts. */
export const STRINGS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['STRING', m => withLine(m, string)],
  ['UNICODE', m => withLine(m, unicode)],
  ['SHORT_BINSTRING', m => binaryString(m, m.cursor.uint(1))],
  ['BINSTRING', m => binaryString(m, m.cursor.int32())],
  ['SHORT_BINBYTES', m => bytes(m, m.cursor.uint(1), false)],
  ['BINBYTES', m => bytes(m, m.cursor.uint(4), false)],
  ['BINBYTES8', m => bytes(m, length64(m), false)],
  ['BYTEARRAY8', m => bytes(m, length64(m), true)],
  ['SHORT_BINUNICODE', m => text(m, m.cursor.uint(1))],
  ['BINUNICODE', m => text(m, m.cursor.uint(4))],
  ['BINUNICODE8', m => text(m, length64(m))],
])

function length64(m: Machine): number {
  const length = m.cursor.uint64()
  if (length <= BigInt(m.source.size)) return Number(length)
  throw fail.truncated(m.place, `${length} bytes are needed, and the file ends at ${m.source.size}`)
}

function bytes(m: Machine, length: number, mutable: boolean): void {
  const node = m.bytes(m.cursor.skip(length), length, { mutable })
  m.push(node)
  m.payload('bytes', { offset: node.offset, length, form: 'plain' })
}

/** Python 2's `str`: text where it is short and ASCII, as Python 3 loads it by default. */
function binaryString(m: Machine, length: number): void | Promise<void> {
  if (length < 0) throw m.malformed(`a string has ${length} bytes`)
  if (length > MAX_TEXT_BYTES) return bytes(m, length, false)
  const content = m.cursor.content(length)
  const push = (found: Uint8Array): void => pushString(m, m.cursor.position - length, found)
  return content instanceof Uint8Array ? push(content) : content.then(push)
}

function pushString(m: Machine, offset: number, content: Uint8Array): void {
  const value = asciiOf(content)
  const node = m.bytes(offset, content.length)
  m.push(value === undefined ? node : { kind: 'text', value }, content.length)
  m.payload(value === undefined ? 'bytes' : 'text', { offset, length: content.length, form: 'plain' })
}

function text(m: Machine, length: number): void | Promise<void> {
  m.cursor.need(length)
  const content = m.cursor.content(Math.min(length, length > MAX_TEXT_BYTES ? HELD_TEXT_BYTES : length))
  const push = (found: Uint8Array): void => {
    const offset = m.cursor.position - found.length
    m.cursor.skip(length - found.length)
    const value = found.length === length ? decodeUtf8(found) : beginningOf(found)
    if (value === undefined) throw m.malformed('a text is not UTF-8')
    pushText(m, value, { offset, length, encoding: 'utf-8' })
  }
  return content instanceof Uint8Array ? push(content) : content.then(push)
}

function pushText(m: Machine, value: string, whole: NonNullable<PickleText['whole']>): void {
  const { offset, length, encoding } = whole
  m.push({ kind: 'text', value, ...(length > MAX_TEXT_BYTES && { whole }) }, value.length * 2)
  m.payload('text', { offset, length, form: encoding === 'utf-8' ? 'plain' : encoding })
}

/** UNICODE. */
function unicode(m: Machine, { offset, length, bytes: kept }: Line): void {
  const held = length > MAX_TEXT_BYTES ? kept.subarray(0, HELD_TEXT_BYTES) : kept
  // The beginning of a long text may end within an escape.
  const value = decodeRawUnicodeEscape(held) ?? (held === kept ? undefined : asciiOf(held))
  if (value === undefined && held === kept) throw m.malformed('a text has a broken escape')
  pushText(m, value ?? '', { offset, length, encoding: 'raw-unicode-escape' })
}

/** STRING: a byte string in quotes, with escapes. */
function string(m: Machine, { offset, length, bytes: kept }: Line): void | Promise<void> {
  if (length > MAX_TEXT_BYTES) return longString(m, offset, length, kept[0]!)
  const quote = kept[0]
  const quoted = length >= 2 && (quote === 0x27 || quote === 0x22) && kept[length - 1] === quote
  if (!quoted) throw m.malformed('a STRING is not in quotes')
  const content = kept.subarray(1, -1)
  const decoded = decodeStringEscapes(content)
  if (!decoded) throw m.malformed('a STRING has a broken escape')
  const value = asciiOf(decoded)
  const node = m.bytes(offset + 1, length - 2, { escaped: true })
  m.push(value === undefined ? node : { kind: 'text', value }, decoded.length)
  m.payload(value === undefined ? 'bytes' : 'text', {
    offset: offset + 1,
    length: length - 2,
    form: 'string-escapes',
  })
}

async function longString(m: Machine, offset: number, length: number, quote: number): Promise<void> {
  if (length > MAX_READ_BYTES) throw fail.limit(m.place, `a STRING of ${length} bytes`)
  const last = await m.source.read(offset + length - 1, 1)
  if ((quote !== 0x27 && quote !== 0x22) || last[0] !== quote) throw m.malformed('a STRING is not in quotes')
  const node = m.bytes(offset + 1, length - 2, { escaped: true })
  m.push(node)
  m.payload('bytes', { offset: node.offset, length: node.length, form: 'string-escapes' })
}

function withLine(m: Machine, use: (m: Machine, line: Line) => void | Promise<void>): void | Promise<void> {
  const line = m.cursor.line(MAX_TEXT_BYTES)
  return line instanceof Promise ? line.then(found => use(m, found)) : use(m, line)
}

/** What can be decoded of a text that is cut anywhere. */
function beginningOf(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true })
}
