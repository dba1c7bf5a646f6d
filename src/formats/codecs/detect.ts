import { constants, inflateSync } from 'node:zlib'
import { systemCode } from '../../core/index.ts'
import type { Wrapper } from '../types.ts'
import { zlibStart } from './deflate.ts'
import { isLzmaHeader } from './lzma/header.ts'

/** How much of a file `detectWrapper` is best given. */
export const DETECT_BYTES = 4096

/**
 * The compression around a file, told by its first bytes; undefined for none. zlib and lzma have no magic number:
 * for zlib the given bytes must inflate, for lzma every field of the header must be one that encoders write.
 */
export function detectWrapper(head: Uint8Array): Wrapper | undefined {
  const [a, b, c, d] = head
  if (a === 0x1f && b === 0x8b && c === 0x08) return 'gzip'
  if (startsWith(head, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])) return 'xz'
  if (isBzip2(head)) return 'bzip2'
  if (b === 0x22 && a === 0x04 && c === 0x4d && d === 0x18) return 'lz4'
  if (b === 0x21 && a === 0x02 && c === 0x4c && d === 0x18) return 'lz4'
  if (startsWith(head, [0x28, 0xb5, 0x2f, 0xfd])) return 'zstd'
  if (a !== undefined && (a & 0xf0) === 0x50 && startsWith(head.subarray(1), [0x2a, 0x4d, 0x18]))
    return behindSkippable(head)
  if (isLzmaHeader(head)) return 'lzma'
  return isZlib(head) ? 'zlib' : undefined
}

/** zstd and lz4 share their skippable frames: what follows decides. */
function behindSkippable(head: Uint8Array): Wrapper | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  for (let at = 0; at + 8 <= head.byteLength; ) {
    const magic = view.getUint32(at, true)
    if (magic === 0xfd2fb528) return 'zstd'
    if (magic === 0x184d2204) return 'lz4'
    if ((magic & 0xfffffff0) >>> 0 !== 0x184d2a50) return undefined
    at += 8 + view.getUint32(at + 4, true)
  }
  // pzstd begins with one, and nothing that writes lz4 does.
  return 'zstd'
}

/** `BZh`, the level, and the magic number of a block or of the stream's end. */
function isBzip2(head: Uint8Array): boolean {
  if (!startsWith(head, [0x42, 0x5a, 0x68]) || !(head[3]! >= 0x31 && head[3]! <= 0x39)) return false
  const next = head.subarray(4)
  return (
    startsWith(next, [0x31, 0x41, 0x59, 0x26, 0x53, 0x59]) ||
    startsWith(next, [0x17, 0x72, 0x45, 0x38, 0x50, 0x90])
  )
}

function isZlib(head: Uint8Array): boolean {
  const bytes = head.subarray(zlibStart(head))
  const [cmf = 0, flags = 0] = bytes
  if ((cmf & 15) !== 8 || cmf >> 4 > 7 || (cmf * 256 + flags) % 31 !== 0 || (flags & 0x20) !== 0) return false
  if (bytes.byteLength < 6) return false
  try {
    return (
      inflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 2 ** 20 }).byteLength > 0
    )
  } catch (cause) {
    // More than that came out, without a fault.
    return systemCode(cause) === 'ERR_BUFFER_TOO_LARGE'
  }
}

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, index) => bytes[index] === byte)
}
