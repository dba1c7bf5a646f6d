const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8 in which lone surrogates stand as three bytes, as Python's `surrogatepass` reads it; undefined for other bytes. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  if (bytes.length < 24) {
    const short = asciiOf(bytes)
    if (short !== undefined) return short
  }
  try {
    return UTF8.decode(bytes)
  } catch {
    return decodeWithSurrogates(bytes)
  }
}

/** ASCII as text; undefined where a byte is above 127. */
export function asciiOf(bytes: Uint8Array): string | undefined {
  for (const byte of bytes) if (byte > 0x7f) return undefined
  return latin1Of(bytes)
}

/** Each byte as the character of its number. */
export function latin1Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** Splits at what may be surrogates (ED A0…BF 80…BF) and decodes the rest strictly. */
function decodeWithSurrogates(bytes: Uint8Array): string | undefined {
  const parts: string[] = []
  let from = 0
  try {
    for (let at = bytes.indexOf(0xed); at >= 0; at = bytes.indexOf(0xed, at + 1)) {
      const [, second = 0, third = 0] = bytes.subarray(at, at + 3)
      if (second < 0xa0 || second > 0xbf || third < 0x80 || third > 0xbf) continue
      parts.push(UTF8.decode(bytes.subarray(from, at)))
      parts.push(String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f)))
      from = at + 3
    }
    parts.push(UTF8.decode(bytes.subarray(from)))
  } catch {
    return undefined
  }
  return parts.join('')
}

/**
 * Python's raw-unicode-escape, the form of protocol 0's UNICODE: latin-1 with `\uXXXX` and `\UXXXXXXXX`.
 * Undefined for an escape that is cut off or beyond Unicode.
 */
export function decodeRawUnicodeEscape(bytes: Uint8Array): string | undefined {
  const text = latin1Of(bytes)
  let valid = true
  // A backslash before anything else stands for itself, and so does that: `\\u0041` is no escape.
  const decoded = text.replace(
    /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|[\s\S])/g,
    (all, short: string | undefined, long: string | undefined) => {
      const digits = short ?? long
      if (digits === undefined) {
        if (all === '\\u' || all === '\\U') valid = false
        return all
      }
      const point = Number.parseInt(digits, 16)
      if (point <= 0x10ffff) return String.fromCodePoint(point)
      valid = false
      return ''
    },
  )
  return valid ? decoded : undefined
}

const ESCAPES: ReadonlyMap<number, number> = new Map(
  Object.entries({ '\\': 92, "'": 39, '"': 34, a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 }).map(
    ([letter, byte]) => [letter.charCodeAt(0), byte] as const,
  ),
)

/**
 * The escapes of a Python byte string without its quotes (protocol 0's STRING): `\n`, `\x41`, `\101` …; unknown ones
 * stand for themselves. Undefined for a lone backslash at the end and a `\x` without two digits.
 */
export function decodeStringEscapes(bytes: Uint8Array): Uint8Array | undefined {
  if (!bytes.includes(0x5c)) return bytes
  const out = new Uint8Array(bytes.length)
  let to = 0
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at++]!
    if (byte !== 0x5c) {
      out[to++] = byte
      continue
    }
    if (at >= bytes.length) return undefined
    const letter = bytes[at++]!
    const simple = ESCAPES.get(letter)
    if (simple !== undefined) out[to++] = simple
    else if (letter === 0x78) {
      const [high, low] = [hexDigit(bytes[at]), hexDigit(bytes[at + 1])]
      if (high < 0 || low < 0) return undefined
      out[to++] = high * 16 + low
      at += 2
    } else if (isOctal(letter)) {
      let value = letter - 0x30
      for (let digits = 1; digits < 3 && isOctal(bytes[at]); digits++) value = value * 8 + bytes[at++]! - 0x30
      out[to++] = value & 0xff
    } else {
      out[to++] = 0x5c
      out[to++] = letter
    }
  }
  return out.subarray(0, to)
}

function isOctal(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x37
}

function hexDigit(byte: number | undefined): number {
  const digit = byte === undefined ? Number.NaN : Number.parseInt(String.fromCharCode(byte), 16)
  return Number.isNaN(digit) ? -1 : digit
}

/** The longest escape of either kind: `\\U0001f600`. */
export const MAX_ESCAPE = 10

/** How many bytes come before an escape of up to `most` bytes that may go on behind the end. */
export function beforeOpenEscape(bytes: Uint8Array, most: number): number {
  let open = bytes.length
  // Backslashes come in pairs or begin an escape: an odd run's last one does.
  for (let at = bytes.length - 1; at >= 0 && at > bytes.length - most; at--) {
    if (bytes[at] !== 0x5c) continue
    let first = at
    while (first > 0 && bytes[first - 1] === 0x5c) first--
    if ((at - first) % 2 === 0) open = at
    break
  }
  return open
}
