const FULL = 0xffffffff
const ZIP64 = 0x0001

export interface Sizes {
  readonly size: number
  readonly compressedSize: number
  readonly offset: number
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** UTF-8 where the bytes are that; else each byte as a character. */
export function nameOf(bytes: Uint8Array): string {
  return isUtf8(bytes)
    ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
    : Buffer.from(bytes).toString('latin1')
}

export function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

/** The first extra field of a kind; undefined where there is none, or the fields are broken before it. */
export function extraOf(extra: Uint8Array, wanted: number): Uint8Array | undefined {
  const view = viewOf(extra)
  for (let at = 0; at + 4 <= extra.byteLength; ) {
    const length = view.getUint16(at + 2, true)
    if (at + 4 + length > extra.byteLength) return undefined
    if (view.getUint16(at, true) === wanted) return extra.subarray(at + 4, at + 4 + length)
    at += 4 + length
  }
  return undefined
}

/** Full 32-bit values by the zip64 field, as far as it has them. */
export function widened(sizes: Sizes, extra: Uint8Array): Sizes {
  const field = extraOf(extra, ZIP64)
  if (!field) return sizes
  const view = viewOf(field)
  let at = 0
  const next = (value: number): number => {
    if (value !== FULL || at + 8 > field.byteLength) return value
    at += 8
    return Number(view.getBigUint64(at - 8, true))
  }
  return { size: next(sizes.size), compressedSize: next(sizes.compressedSize), offset: next(sizes.offset) }
}
