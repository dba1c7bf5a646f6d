import type { Pixels } from '../pixels.ts'
import { overLines, TURN, type Work } from '../turns.ts'
import { ImageFault, type Picture, type Sized } from './picture.ts'

const FILE_HEADER = 14
const CORE_HEADER = 12
const INFO_HEADER = 40
/** With masks and alpha behind the plain header: BITMAPV3INFOHEADER. */
const ALPHA_HEADER = 56
const COMPRESSIONS = ['none', 'RLE8', 'RLE4', 'masks', 'JPEG', 'PNG', 'masks with alpha'] as const

interface Layout extends Sized {
  readonly bits: number
  readonly compression: (typeof COMPRESSIONS)[number]
  readonly topDown: boolean
  readonly data: number
  /** RGB, a byte each. */
  readonly palette: Uint8Array
  /** Red, green, blue, alpha. */
  readonly masks: readonly number[]
}

/** A Windows or OS/2 bitmap of 1, 2, 4, 8, 16, 24 or 32 bits, plain, with masks or RLE. Throws ImageFault. */
export function openBmp(bytes: Buffer): Picture {
  const layout = layoutOf(bytes)
  return { width: layout.width, height: layout.height, decode: () => decode(bytes, layout) }
}

function layoutOf(bytes: Buffer): Layout {
  const size = bytes.length >= FILE_HEADER + CORE_HEADER ? bytes.readUInt32LE(FILE_HEADER) : 0
  if (size < CORE_HEADER || FILE_HEADER + size > bytes.length) throw new ImageFault('its header is cut off')
  const core = size === CORE_HEADER
  const width = core ? bytes.readUInt16LE(18) : bytes.readInt32LE(18)
  const signed = core ? bytes.readUInt16LE(20) : bytes.readInt32LE(22)
  const bits = bytes.readUInt16LE(core ? 24 : 28)
  const compression = core ? 'none' : COMPRESSIONS[bytes.readUInt32LE(30)]
  const height = Math.abs(signed)
  if (width < 1 || height < 1) throw new ImageFault(`it has ${width} × ${signed} pixels`)
  if (compression === undefined || compression === 'JPEG' || compression === 'PNG') {
    throw new ImageFault(`its compression ${bytes.readUInt32LE(30)} is not known`)
  }
  checkBits(bits, compression)
  const masked = compression.startsWith('masks')
  const masksAt = FILE_HEADER + INFO_HEADER
  const masksEnd =
    masked && size === INFO_HEADER ? masksAt + (compression === 'masks' ? 12 : 16) : FILE_HEADER + size
  if (masksEnd > bytes.length) throw new ImageFault('its masks are cut off')
  const alpha = masked && (size >= ALPHA_HEADER || compression === 'masks with alpha')
  const masks = masked
    ? [0, 4, 8, 12].map(at => (at < 12 || alpha ? bytes.readUInt32LE(masksAt + at) : 0))
    : bits === 16
      ? [0x7c00, 0x3e0, 0x1f, 0]
      : [0xff0000, 0xff00, 0xff, 0]
  const palette = bits <= 8 ? paletteOf(bytes, { at: masksEnd, bits, core }) : new Uint8Array(0)
  const data = bytes.readUInt32LE(10)
  if (data < masksEnd || data >= bytes.length) throw new ImageFault(`its pixels begin at byte ${data}`)
  return { width, height, bits, compression, topDown: signed < 0, data, palette, masks }
}

const PLAIN_BITS: readonly number[] = [1, 2, 4, 8, 16, 24, 32]

function checkBits(bits: number, compression: Layout['compression']): void {
  const fits =
    compression === 'none'
      ? PLAIN_BITS.includes(bits)
      : compression === 'RLE8'
        ? bits === 8
        : compression === 'RLE4'
          ? bits === 4
          : bits === 16 || bits === 32
  if (!fits) throw new ImageFault(`it has ${bits} bits a pixel (compression: ${compression})`)
}

/** Blue, green, red, and a byte of nothing but in the oldest; never more colours than the bits can name. */
function paletteOf(
  bytes: Buffer,
  { at, bits, core }: { at: number; bits: number; core: boolean },
): Uint8Array {
  const most = 2 ** bits
  const said = core ? 0 : bytes.readUInt32LE(46)
  const colors = said === 0 ? most : Math.min(said, most)
  const step = core ? 3 : 4
  if (at + colors * step > bytes.length) throw new ImageFault('its palette is cut off')
  const palette = new Uint8Array(most * 3)
  for (let i = 0; i < colors; i++) {
    palette.set([bytes[at + i * step + 2]!, bytes[at + i * step + 1]!, bytes[at + i * step]!], i * 3)
  }
  return palette
}

function* decode(bytes: Buffer, layout: Layout): Work<Pixels> {
  const { width, height, bits, compression } = layout
  if (compression === 'RLE8' || compression === 'RLE4') {
    return yield* ofIndexes(yield* unpackRuns(bytes, layout), layout)
  }
  const stride = Math.ceil((width * bits) / 32) * 4
  if (layout.data + stride * height > bytes.length) throw new ImageFault('its pixels are cut off')
  const rowAt = (y: number): number => layout.data + (layout.topDown ? y : height - 1 - y) * stride
  if (bits > 8) return yield* ofColors(bytes, layout, rowAt)
  const indexes = new Uint8Array(width * height)
  yield* overLines(height, width * 2, (first, end) => {
    for (let y = first, to = first * width; y < end; y++) {
      const row = rowAt(y)
      for (let x = 0; x < width; x++) {
        const place = x * bits
        indexes[to++] = (bytes[row + (place >> 3)]! >> (8 - bits - (place & 7))) & (2 ** bits - 1)
      }
    }
  })
  return yield* ofIndexes(indexes, layout)
}

function* ofIndexes(indexes: Uint8Array, { width, height, palette }: Layout): Work<Pixels> {
  const data = new Uint8Array(indexes.length * 3)
  yield* overLines(height, width * 3, (first, end) => {
    for (let i = first * width; i < end * width; i++) {
      const color = indexes[i]! * 3
      for (let channel = 0; channel < 3; channel++) data[i * 3 + channel] = palette[color + channel]!
    }
  })
  return { width, height, channels: 3, data }
}

function* ofColors(
  bytes: Buffer,
  { width, height, bits, masks }: Layout,
  rowAt: (y: number) => number,
): Work<Pixels> {
  const fields = masks.map(fieldOf)
  const channels = masks[3] === 0 ? 3 : 4
  const data = new Uint8Array(width * height * channels)
  const size = bits / 8
  yield* overLines(height, width * 16, (first, end) => {
    for (let y = first, to = first * width * channels; y < end; y++) {
      for (let x = 0, at = rowAt(y); x < width; x++, at += size) {
        const value = bytes.readUIntLE(at, size)
        for (let channel = 0; channel < channels; channel++) {
          const { shift, most } = fields[channel]!
          const part = (value >>> shift) & most
          data[to++] = most === 255 || most === 0 ? part : Math.trunc((part * 255) / most)
        }
      }
    }
  })
  return { width, height, channels, data }
}

/** Where a mask's bits begin, and its largest value; more than 16 bits, or a gap, is refused. */
function fieldOf(mask: number): { readonly shift: number; readonly most: number } {
  if (mask === 0) return { shift: 0, most: 0 }
  const shift = 31 - Math.clz32(mask & -mask)
  const most = mask >>> shift
  if ((most & (most + 1)) !== 0 || most > 0xffff)
    throw new ImageFault(`it has the mask 0x${mask.toString(16)}`)
  return { shift, most }
}

/**
 * Runs and literals of palette indexes; what they skip is index 0. Lines end where they are full, whatever is said, so
 * the work is bounded by pixels and bytes.
 */
function* unpackRuns(bytes: Buffer, { width, height, compression, topDown, data }: Layout): Work<Uint8Array> {
  const half = compression === 'RLE4'
  const indexes = new Uint8Array(width * height)
  let [x, y, at, work] = [0, 0, data, 0]
  const put = (count: number, indexAt: (i: number) => number): void => {
    const line = (topDown ? y : height - 1 - y) * width
    const fitting = Math.min(count, width - x)
    for (let i = 0; i < fitting; i++) indexes[line + x + i] = indexAt(i)
    x += count
  }
  while (at + 2 <= bytes.length && y < height) {
    work += 512
    if (work % (TURN - (TURN % 512)) === 0) yield
    const [count, code] = [bytes[at]!, bytes[at + 1]!]
    at += 2
    if (count > 0) {
      put(count, i => (half ? (i % 2 === 0 ? code >> 4 : code & 15) : code))
    } else if (code === 0) {
      ;[x, y] = [0, y + 1]
    } else if (code === 1) {
      return indexes
    } else if (code === 2) {
      if (at + 2 > bytes.length) break
      ;[x, y, at] = [x + bytes[at]!, y + bytes[at + 1]!, at + 2]
    } else {
      const length = half ? Math.ceil(code / 2) : code
      if (at + length > bytes.length) break
      const from = at
      put(code, i => {
        const byte = bytes[from + (half ? i >> 1 : i)]!
        return half ? (i % 2 === 0 ? byte >> 4 : byte & 15) : byte
      })
      at += length + (length % 2)
    }
  }
  if (y >= height) return indexes
  throw new ImageFault('its runs are cut off')
}
