import type { ByteSource } from '../../core/index.ts'

const WIDTH = 256
const HEIGHT = 257
const SHORT = 3

/** The size of a TIFF's first image (TIFF 6.0, section 2), in both byte orders; undefined where it states none. */
export async function tiffSize(
  source: ByteSource,
): Promise<{ readonly width: number; readonly height: number } | undefined> {
  if (source.size < 8) return undefined
  const head = await source.read(0, 8)
  const little = head[0] === 0x49
  const offset = viewOf(head).getUint32(4, little)
  if (offset + 2 > source.size) return undefined
  const count = viewOf(await source.read(offset, 2)).getUint16(0, little)
  if (offset + 2 + count * 12 > source.size) return undefined
  const fields = viewOf(await source.read(offset + 2, count * 12))
  const found = new Map<number, number>()
  for (let at = 0; at < count * 12; at += 12) {
    const tag = fields.getUint16(at, little)
    const short = fields.getUint16(at + 2, little) === SHORT
    if (tag === WIDTH || tag === HEIGHT)
      found.set(tag, short ? fields.getUint16(at + 8, little) : fields.getUint32(at + 8, little))
  }
  const [width, height] = [found.get(WIDTH), found.get(HEIGHT)]
  return width !== undefined && height !== undefined ? { width, height } : undefined
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
