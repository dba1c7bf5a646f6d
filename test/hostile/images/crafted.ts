import { crc32 } from 'node:zlib'

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}

/** A PNG of gray pixels that says its size and has none. */
export function pngHeader(width: number, height: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 8
  const end = chunk('IEND', Buffer.alloc(0))
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header), end])
}

/** A JPEG that ends behind its frame header. */
export function jpegOf(width: number, height: number): Buffer {
  const frame = [0xff, 0xc0, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0]
  return Buffer.from([0xff, 0xd8, ...frame, 0xff, 0xd9])
}

/** An extended WebP with a canvas and nothing on it. */
export function webpHeader(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(40)
  bytes.write('RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0', 'latin1')
  bytes.writeUIntLE(width - 1, 24, 3)
  bytes.writeUIntLE(height - 1, 27, 3)
  return bytes
}

/** A TIFF of gray bytes in one strip, which is missing. */
export function tiffOf(width: number, height: number): Buffer {
  const entries: readonly (readonly [number, number])[] = [
    [256, width],
    [257, height],
    [258, 8],
    [259, 1],
    [262, 1],
    [273, 8],
    [277, 1],
    [278, height],
    [279, 100],
  ]
  const bytes = Buffer.alloc(10 + entries.length * 12 + 4)
  bytes.write('II*\0\x08\0\0\0', 'latin1')
  bytes.writeUInt16LE(entries.length, 8)
  entries.forEach(([tag, value], i) => {
    const at = 10 + i * 12
    bytes.writeUInt16LE(tag, at)
    bytes.writeUInt16LE(4, at + 2)
    bytes.writeUInt32LE(1, at + 4)
    bytes.writeUInt32LE(value, at + 8)
  })
  return bytes
}

export interface SaidByBmp {
  readonly width: number
  readonly height: number
  readonly bits?: number
  readonly compression?: number
  readonly offset?: number
  readonly colors?: number
  readonly header?: number
  /** Palette and pixels. */
  readonly data?: Buffer
}

/** A bitmap whose header says what it is told to. */
export function bmpOf(said: SaidByBmp): Buffer {
  const { width, height, bits = 24, compression = 0, colors = 0, header = 40 } = said
  const data = said.data ?? Buffer.alloc(bits <= 8 ? 1024 + 8 : 64)
  const bytes = Buffer.alloc(54)
  bytes.write('BM')
  bytes.writeUInt32LE(said.offset ?? (bits <= 8 ? 54 + 1024 : 54), 10)
  bytes.writeUInt32LE(header, 14)
  bytes.writeInt32LE(width, 18)
  bytes.writeInt32LE(height, 22)
  bytes.writeUInt16LE(1, 26)
  bytes.writeUInt16LE(bits, 28)
  bytes.writeUInt32LE(compression, 30)
  bytes.writeUInt32LE(colors, 46)
  return Buffer.concat([bytes, data.subarray(0, header > 40 ? 4 : data.length)])
}

/** The body of an EXIF segment with one entry, an orientation, that is not what it says. */
export function tiffExif({ count = 1, parts = 1, value = 1, next = 0 }): Buffer {
  const bytes = Buffer.alloc(6 + 8 + 2 + 12 + 4)
  bytes.write('Exif\0\0MM\0*\0\0\0\x08', 'latin1')
  bytes.writeUInt16BE(count, 14)
  bytes.writeUInt16BE(0x0112, 16)
  bytes.writeUInt16BE(parts === 1 ? 3 : 4, 18)
  bytes.writeUInt32BE(parts, 20)
  if (parts === 1) bytes.writeUInt16BE(value, 24)
  else bytes.writeUInt32BE(value, 24)
  bytes.writeUInt32BE(next, 28)
  return bytes
}
