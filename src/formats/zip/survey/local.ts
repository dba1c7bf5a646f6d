import type { ByteSource } from '../../../core/index.ts'
import { nameOf, viewOf, widened } from './fields.ts'
import type { LocalHeader } from './types.ts'

const LOCAL_BYTES = 30
/** Header, a usual name and extra field, and the data's first bytes: one read for all of them. */
const READ_BYTES = 1024
const HEAD_BYTES = 512

/** A local header without where its data ends. */
export type BareLocal = Omit<LocalHeader, 'dataEnd' | 'descriptor'>

/** The local header at `offset`; undefined where there is none, or the file ends within it. */
export async function readLocal(source: ByteSource, offset: number): Promise<BareLocal | undefined> {
  if (!(Number.isSafeInteger(offset) && offset >= 0 && offset + LOCAL_BYTES <= source.size)) return undefined
  let bytes = await source.read(offset, Math.min(READ_BYTES, source.size - offset))
  const view = viewOf(bytes)
  if (view.getUint32(0, true) !== 0x04034b50) return undefined
  const [names, extras] = [view.getUint16(26, true), view.getUint16(28, true)]
  const start = LOCAL_BYTES + names + extras
  if (offset + start > source.size) return undefined
  if (start + HEAD_BYTES > bytes.byteLength && bytes.byteLength === READ_BYTES)
    bytes = await source.read(offset, Math.min(start + HEAD_BYTES, source.size - offset))
  const nameBytes = bytes.subarray(LOCAL_BYTES, LOCAL_BYTES + names)
  const extra = bytes.subarray(LOCAL_BYTES + names, start)
  const sizes = widened(
    { size: view.getUint32(22, true), compressedSize: view.getUint32(18, true), offset: 0 },
    extra,
  )
  return {
    offset,
    name: nameOf(nameBytes),
    nameBytes,
    extra,
    flags: view.getUint16(6, true),
    method: view.getUint16(8, true),
    crc32: view.getUint32(14, true),
    size: sizes.size,
    compressedSize: sizes.compressedSize,
    dataOffset: offset + start,
    head: bytes.subarray(start, start + HEAD_BYTES),
  }
}

/** Whether sizes and checksum follow the data instead. */
export function isStreamed(header: { readonly flags: number }): boolean {
  return (header.flags & 8) !== 0
}

export interface Descriptor {
  readonly crc32: number
  readonly compressedSize: number
  readonly size: number
  readonly length: number
}

/**
 * The data descriptor at `offset`, in each of its forms (with a signature or without, sizes of 4 or 8 bytes): the one
 * whose packed size is `packed`. Undefined where none fits.
 */
export async function readDescriptor(
  source: ByteSource,
  offset: number,
  packed: number,
): Promise<Descriptor | undefined> {
  const bytes = await source.read(offset, Math.min(24, source.size - offset))
  const view = viewOf(bytes)
  for (const start of [4, 0]) {
    if (start === 4 && !(bytes.byteLength >= 4 && view.getUint32(0, true) === 0x08074b50)) continue
    for (const width of [8, 4]) {
      if (start + 4 + 2 * width > bytes.byteLength) continue
      const at = (place: number): number =>
        width === 8 ? Number(view.getBigUint64(place, true)) : view.getUint32(place, true)
      if (at(start + 4) !== packed) continue
      return {
        crc32: view.getUint32(start, true),
        compressedSize: packed,
        size: at(start + 4 + width),
        length: start + 4 + 2 * width,
      }
    }
  }
  return undefined
}
