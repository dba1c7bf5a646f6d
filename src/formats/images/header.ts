import type { ByteSource } from '../../core/index.ts'
import { jpegSize } from './jpeg.ts'
import { tiffSize } from './tiff.ts'

export const IMAGE_KINDS = ['png', 'jpeg', 'gif', 'bmp', 'webp', 'tiff'] as const
export type ImageKind = (typeof IMAGE_KINDS)[number]

export interface ImageHeader {
  readonly kind: ImageKind
  readonly width: number
  readonly height: number
}

const HEAD_BYTES = 64

/** An image's kind and size by its content; undefined for what is no image of a known kind, or breaks off. */
export async function readImageHeader(source: ByteSource): Promise<ImageHeader | undefined> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size))
  const kind = imageKind(head)
  if (kind === undefined) return undefined
  const size = await sizeOf(kind, head, source)
  return size && size.width > 0 && size.height > 0 ? { kind, ...size } : undefined
}

/** By the first bytes. */
export function imageKind(head: Uint8Array): ImageKind | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1')
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'png'
  if (text.startsWith('\xff\xd8\xff')) return 'jpeg'
  if (/^GIF8[79]a/.test(text)) return 'gif'
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'webp'
  if (text.startsWith('II*\0') || text.startsWith('MM\0*')) return 'tiff'
  return text.startsWith('BM') && text.length >= 26 && text.slice(6, 10) === '\0\0\0\0' ? 'bmp' : undefined
}

interface Size {
  readonly width: number
  readonly height: number
}

async function sizeOf(kind: ImageKind, head: Uint8Array, source: ByteSource): Promise<Size | undefined> {
  if (kind === 'jpeg') return jpegSize(source)
  if (kind === 'tiff') return tiffSize(source)
  if (head.byteLength < 30) return undefined
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  if (kind === 'png') return { width: view.getUint32(16), height: view.getUint32(20) }
  if (kind === 'gif') return { width: view.getUint16(6, true), height: view.getUint16(8, true) }
  return kind === 'bmp' ? bmpSize(view) : webpSize(view)
}

/** OS/2's header has 16-bit sizes; Windows' a height that is negative where rows go downwards. */
function bmpSize(view: DataView): Size {
  if (view.getUint32(14, true) === 12)
    return { width: view.getUint16(18, true), height: view.getUint16(20, true) }
  return { width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)) }
}

/** By its first chunk: lossy (RFC 6386, 9.1), lossless (14 bits each, less one) or extended (24 bits each, less one). */
function webpSize(view: DataView): Size | undefined {
  const chunk = view.getUint32(12)
  if (chunk === 0x56503820)
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff }
  if (chunk === 0x5650384c) {
    const bits = view.getUint32(21, true)
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
  }
  if (chunk !== 0x56503858) return undefined
  const at = (place: number): number => view.getUint16(place, true) + view.getUint8(place + 2) * 65536 + 1
  return { width: at(24), height: at(27) }
}
