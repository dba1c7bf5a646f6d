import type { ByteSource } from '../../core/index.ts'

/** Segments before the frame's: cameras write a dozen, and colour profiles come in up to 255. */
const MAX_SEGMENTS = 400

/** The size that a JPEG's frame header states (ITU-T T.81, B.2.2); undefined where there is none. */
export async function jpegSize(
  source: ByteSource,
): Promise<{ readonly width: number; readonly height: number } | undefined> {
  let at = 2
  for (let segment = 0; segment < MAX_SEGMENTS && at + 9 <= source.size; segment++) {
    const head = await source.read(at, 9)
    if (head[0] !== 0xff) return undefined
    const marker = head[1]!
    // Bytes 0xff before a marker fill up.
    if (marker === 0xff) {
      at++
      continue
    }
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
    const frame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (frame) return { width: view.getUint16(7), height: view.getUint16(5) }
    const length = view.getUint16(2)
    // The scan begins, or the image ends: no frame came.
    if (length < 2 || marker === 0xda || marker === 0xd9) return undefined
    at += 2 + length
  }
  return undefined
}
