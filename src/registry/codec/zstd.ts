import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 3 } }

/** Level 3's own window for the longest piece is 1 MiB, and 2 MiB beyond: what a hostile frame may make us allocate. */
const WINDOW = { [constants.ZSTD_d_windowLogMax]: 21 }

export function zstdFrame(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes, LEVEL)
}

/** What a frame holds, which must be `length` bytes; undefined where it isn't, or is no frame. */
export function zstdContent(frame: Uint8Array, length: number): Uint8Array | undefined {
  try {
    const content = zstdDecompressSync(frame, { params: WINDOW, maxOutputLength: Math.max(1, length) })
    return content.length === length ? content : undefined
  } catch {
    return undefined
  }
}
