import { failing } from '../errors.ts'

export const invalidZip = failing('ZIP_INVALID', 'Make the archive again, or fetch it again.')

/** An entry as the central directory states it. */
export interface ZipEntry {
  readonly name: string
  readonly method: 'stored' | 'deflate'
  readonly crc32: number
  readonly compressedSize: number
  readonly size: number
  /** Of its local header. */
  readonly offset: number
  /** Bit 3: sizes follow the data, and the local header has zeros. */
  readonly streamed: boolean
  readonly directory: boolean
}

/** Sizes and offset, from 32-bit fields, or the 64-bit ones where those are full. */
export interface Sizes {
  readonly size: number
  readonly compressedSize: number
  readonly offset: number
}

const FULL = 0xffffffff
const ZIP64 = 0x0001

/** Replaces each full 32-bit value by the next one of the zip64 extra field. Throws ZIP_INVALID where that is missing. */
export function widen(sizes: Sizes, extra: Uint8Array, name: string): Sizes {
  if (sizes.size !== FULL && sizes.compressedSize !== FULL && sizes.offset !== FULL) return sizes
  const field = extraField(extra, ZIP64)
  if (!field) throw invalidZip(`The entry '${name}' has no zip64 sizes where it needs them`)
  const view = new DataView(field.buffer, field.byteOffset, field.byteLength)
  let at = 0
  const next = (value: number): number => {
    if (value !== FULL) return value
    if (at + 8 > field.byteLength) throw invalidZip(`The zip64 sizes of '${name}' are too short`)
    at += 8
    return safe(view.getBigUint64(at - 8, true), name)
  }
  return { size: next(sizes.size), compressedSize: next(sizes.compressedSize), offset: next(sizes.offset) }
}

/** A 64-bit value as a number; no real archive goes beyond 2^53. */
export function safe(value: bigint, what: string): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw invalidZip(`A size or offset of ${value} in '${what}' is beyond any file`)
  return Number(value)
}

function extraField(extra: Uint8Array, wanted: number): Uint8Array | undefined {
  const view = new DataView(extra.buffer, extra.byteOffset, extra.byteLength)
  for (let at = 0; at + 4 <= extra.byteLength; ) {
    const [id, length] = [view.getUint16(at, true), view.getUint16(at + 2, true)]
    if (at + 4 + length > extra.byteLength) return undefined
    if (id === wanted) return extra.subarray(at + 4, at + 4 + length)
    at += 4 + length
  }
  return undefined
}
