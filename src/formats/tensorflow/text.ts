const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Text as it stands; bytes that are no UTF-8 with escapes, as TensorFlow's strings are bytes: `\x0a`. */
export function shownText(bytes: Uint8Array): string {
  try {
    return DECODER.decode(bytes)
  } catch {
    let text = ''
    for (const byte of bytes)
      text +=
        byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`
    return text
  }
}
