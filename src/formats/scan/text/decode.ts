/** How a text's bytes are to be read. */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'utf-32le' | 'utf-32be'

/**
 * The encoding of a text, by its mark or, without one, by where the zeros of its first characters are: Python's json
 * reads all of these.
 */
export function encodingOf(head: Uint8Array): Encoding {
  const [a, b, c, d] = head
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? 'utf-32le' : 'utf-16le'
  if (a === 0xfe && b === 0xff) return 'utf-16be'
  if (a === 0 && b === 0) return (c === 0xfe && d === 0xff) || c === 0 ? 'utf-32be' : 'utf-8'
  if (a === 0 && b !== undefined && b !== 0) return 'utf-16be'
  if (b === 0 && a !== undefined && a !== 0) return c === 0 && d === 0 ? 'utf-32le' : 'utf-16le'
  return 'utf-8'
}

/** The text, without a mark; what is no character becomes U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  const encoding = encodingOf(bytes)
  if (encoding === 'utf-32le' || encoding === 'utf-32be') return fromUtf32(bytes, encoding === 'utf-32le')
  return new TextDecoder(encoding).decode(bytes)
}

function fromUtf32(bytes: Uint8Array, little: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const parts: string[] = []
  for (let at = 0; at + 4 <= bytes.byteLength; at += 4) {
    const point = view.getUint32(at, little)
    if (at === 0 && point === 0xfeff) continue
    parts.push(point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point))
  }
  return parts.join('')
}
