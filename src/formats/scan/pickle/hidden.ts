/** What hides in a byte string or a text: as it stands, or encoded. */
export interface Hidden {
  /** `base64`; empty for content as it stands. */
  readonly how: string
  readonly content: Uint8Array
}

/** PROTO, then an opcode with which a value begins, or FRAME. */
const PICKLE = /^\x80[\x00-\x05][\x95}\]\x8fc(KMJIFGNUXVTBC\x8a\x8b\x8c\x88\x89)SL\x8d\x8e\x96PQi\x82-\x84]/
/** A text pickle, or one without PROTO, imports soon: GLOBAL and INST with a name, or STACK_GLOBAL. */
const IMPORTS =
  /(?:^|[\x00-\x2f\x5d-\xff(\n])[ci][A-Za-z_][\w.]{0,60}\r?\n[A-Za-z_][\w.]{0,60}\r?\n|\x8c.{2,40}\x8c.{2,40}\x93/s
const CONTAINERS =
  /^(?:PK\x03\x04|\x1f\x8b\x08|BZh[1-9]1AY|\xfd7zXZ\0|\x5d\0\0..|\x28\xb5\x2f\xfd|\x04\x22\x4d\x18|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|\x93NUMPY|\x89HDF|GGUF)/s
const PROGRAMS =
  /^(?:\x7fELF[\x01\x02][\x01\x02]|MZ..|[\xca\xfe\xce\xcf]{4}|\xcf\xfa\xed\xfe|\xfe\xed\xfa[\xce\xcf])/s
/** A marshalled code object of Python 3: its tag, then counts of arguments. */
const CODE = /^[\xe3\x63][\x00-\x20]\0\0\0[\x00-\x20]\0\0\0/
const BASE64 = /^[A-Za-z0-9+/_-]{20,}={0,2}$/
const HEX = /^(?:[0-9a-fA-F]{2}){12,}$/

/** Encodings within encodings: more make no sense, and cost time. */
const MAX_ENCODINGS = 4

/** How the beginning looks like something that is hidden; undefined for data. */
export function recognise(head: Uint8Array, kind: 'bytes' | 'text', depth = 0): string | undefined {
  const latin = latinOf(head)
  const narrow = kind === 'text' ? narrowed(head) : undefined
  if (narrow && looksLikeContent(latinOf(narrow))) return 'latin-1'
  if (looksLikeContent(latin)) return 'plain'
  const compact = latin.replace(/\s+/g, '')
  const inner = (decodedHead: Uint8Array): boolean =>
    looksLikeContent(latinOf(decodedHead)) ||
    (depth < MAX_ENCODINGS && recognise(decodedHead, 'bytes', depth + 1) !== undefined)
  if (HEX.test(compact.slice(0, 62)) && inner(Buffer.from(compact.slice(0, wholePairs(compact)), 'hex')))
    return 'hex'
  if (BASE64.test(compact) && inner(fromBase64(compact.slice(0, wholeGroups(compact))))) return 'base64'
  // Escapes of protocol 0 hide the first bytes.
  return latin.startsWith('\\x80') || latin.startsWith('\\x1f') ? 'plain' : undefined
}

/** The content, decoded as its beginning says. */
export function decoded(bytes: Uint8Array, kind: 'bytes' | 'text'): readonly Hidden[] {
  switch (recognise(bytes.subarray(0, 512), kind)) {
    case 'plain':
      return [{ how: '', content: bytes }]
    case 'latin-1':
      return [{ how: '', content: narrowed(bytes) ?? bytes }]
    case 'base64':
      return [{ how: 'base64', content: fromBase64(latinOf(bytes).replace(/\s+/g, '')) }]
    case 'hex':
      return [{ how: 'hex', content: Buffer.from(latinOf(bytes).replace(/\s+/g, ''), 'hex') }]
    default:
      return []
  }
}

/** A beginning of whole groups of four characters: what is cut off is not decoded. */
const wholeGroups = (text: string): number =>
  text.length > 4 ? text.length - (text.length % 4) : text.length
const wholePairs = (text: string): number => text.length - (text.length % 2)

function looksLikeContent(latin: string): boolean {
  return (
    PICKLE.test(latin) ||
    CONTAINERS.test(latin) ||
    PROGRAMS.test(latin) ||
    CODE.test(latin) ||
    isZlib(latin) ||
    latin.startsWith('ustar', 257) ||
    IMPORTS.test(latin.slice(0, 64))
  )
}

/** RFC 1950: deflate with a window up to 32 KiB, and the header a multiple of 31. */
function isZlib(latin: string): boolean {
  const [first, second] = [latin.charCodeAt(0), latin.charCodeAt(1)]
  return first === 0x78 && (first * 256 + second) % 31 === 0 && (second & 0x20) === 0
}

function latinOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

function fromBase64(text: string): Uint8Array {
  return Buffer.from(text.replaceAll('-', '+').replaceAll('_', '/'), 'base64')
}

/** UTF-8 of characters below 256 as those bytes: how protocols 0 to 2 write bytes. */
function narrowed(utf8: Uint8Array): Uint8Array | undefined {
  if (!utf8.some(byte => byte >= 0x80)) return undefined
  const out = new Uint8Array(utf8.byteLength)
  let length = 0
  for (let at = 0; at < utf8.byteLength; at++) {
    const byte = utf8[at]!
    if (byte < 0x80) out[length++] = byte
    else if ((byte === 0xc2 || byte === 0xc3) && at + 1 < utf8.byteLength)
      out[length++] = ((byte & 3) << 6) | (utf8[++at]! & 0x3f)
    else if (at + 1 >= utf8.byteLength) break
    else return undefined
  }
  return out.subarray(0, length)
}
