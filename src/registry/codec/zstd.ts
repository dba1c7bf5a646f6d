import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { codecLayout } from '../../kernels/index.ts'
import { freshBytes } from './fresh.ts'

const LEVEL = { [constants.ZSTD_c_compressionLevel]: 3 }

/** Level 3's window is 2 MiB at most: more is not ours, and would be what a hostile frame makes us allocate. */
const WINDOW = { [constants.ZSTD_d_windowLogMax]: 21 }

/** A piece's output in one chunk, with what a frame may be longer than its content; longer ones in several. */
function chunk(length: number): number {
  return Math.min(length, codecLayout.CODEC_ROOM) + 1024
}

export function zstdFrame(bytes: Uint8Array): Uint8Array {
  return own(zstdCompressSync(bytes, { params: LEVEL, chunkSize: chunk(bytes.length) }))
}

/** What a frame holds, which must be `length` bytes; undefined where it isn't, or is no frame. */
export function zstdContent(frame: Uint8Array, length: number): Uint8Array | undefined {
  try {
    const options = { params: WINDOW, maxOutputLength: Math.max(1, length), chunkSize: chunk(length) }
    const content = zstdDecompressSync(frame, options)
    return content.length === length ? own(content) : undefined
  } catch {
    return undefined
  }
}

/** Without the chunk that it may be the beginning of. */
function own(bytes: Uint8Array): Uint8Array {
  const copy = freshBytes(bytes.length)
  copy.set(bytes)
  return copy
}
