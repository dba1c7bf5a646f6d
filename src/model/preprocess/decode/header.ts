import type { ImageFormat } from './sniff.ts'

/** What an image's header says, before a pixel is decoded. */
export interface ImageHeader {
  readonly width: number
  readonly height: number
  /** Colours of a JPEG: 1 gray, 3, or 4 of ink. */
  readonly components?: number
}

type HeaderReader = (bytes: Buffer) => ImageHeader | undefined

/** Of the formats whose header lies at a known place; undefined where it is missing or says nothing sensible. */
export const HEADERS: Readonly<Partial<Record<ImageFormat, HeaderReader>>> = {
  JPEG: ofJpeg,
  PNG: bytes =>
    bytes.length >= 26 && bytes.toString('latin1', 12, 16) === 'IHDR'
      ? sized(bytes.readUInt32BE(16), bytes.readUInt32BE(20))
      : undefined,
  GIF: bytes => (bytes.length >= 10 ? sized(bytes.readUInt16LE(6), bytes.readUInt16LE(8)) : undefined),
  WebP: ofWebp,
}

function sized(width: number, height: number): ImageHeader | undefined {
  return width > 0 && height > 0 ? { width, height } : undefined
}

/** Segments, and filling bytes between them, before the frame: a photograph has some dozens. */
const MAX_SEGMENTS = 65_536

/** The first frame header (SOF0 … SOF15, without DHT, JPG and DAC): ITU-T T.81, B.2.2. */
function ofJpeg(bytes: Buffer): ImageHeader | undefined {
  let at = 2
  for (let step = 0; step < MAX_SEGMENTS && at + 10 <= bytes.length; step++) {
    if (bytes[at] !== 0xff) return undefined
    const marker = bytes[at + 1]!
    if (marker === 0xff) {
      at++
      continue
    }
    const alone = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)
    const frame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (frame) {
      const size = sized(bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5))
      return size && { ...size, components: bytes[at + 9]! }
    }
    if (marker === 0xda || marker === 0xd9) return undefined
    at += alone ? 2 : 2 + Math.max(2, bytes.readUInt16BE(at + 2))
  }
  return undefined
}

/** RFC 9649: a lossy, a lossless or an extended file by its first chunk. */
function ofWebp(bytes: Buffer): ImageHeader | undefined {
  if (bytes.length < 30) return undefined
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return sized(bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff)
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21)
      return sized((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1)
    }
    case 'VP8X':
      return sized(bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1)
    default:
      return undefined
  }
}
