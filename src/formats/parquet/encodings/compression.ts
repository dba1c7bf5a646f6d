import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { unpackBlock } from '../../codecs/lz4/block.ts'
import { MAX_BLOCK_RATIO } from '../limits.ts'
import { unsnappy } from './snappy.ts'

/** Compressions, by their numbers (parquet.thrift, CompressionCodec). */
export const CODEC_NAMES = ['none', 'snappy', 'gzip', 'lzo', 'brotli', 'lz4', 'zstd', 'lz4-raw'] as const

/**
 * A page's bytes, unpacked to the `size` that it states. A text says why not. `size` is below the limit of a page.
 */
export function decompressPage(codec: number, packed: Uint8Array, size: number): Uint8Array | string {
  const name = CODEC_NAMES[codec]
  if (name === 'none')
    return packed.byteLength === size ? packed : `it has ${packed.byteLength} bytes, and says ${size}`
  if (size === 0) return new Uint8Array(0)
  if (name === undefined || name === 'lzo') return `its compression ${name ?? codec} is not read`
  const found = unpack(name, packed, size)
  return found?.byteLength === size ? found : `it does not unpack to its ${size} bytes`
}

function unpack(name: string, packed: Uint8Array, size: number): Uint8Array | undefined {
  const block = name === 'snappy' || name.startsWith('lz4')
  if (block && size > packed.byteLength * MAX_BLOCK_RATIO) return undefined
  if (name === 'snappy') return unsnappy(packed, size)
  if (name === 'lz4-raw') return lz4(packed, size)
  // What was called LZ4 first is Hadoop's framing of it, or plain blocks, by the writer.
  if (name === 'lz4') return hadoop(packed, size) ?? lz4(packed, size)
  const options = { maxOutputLength: size }
  try {
    if (name === 'gzip') return gunzipSync(packed, options)
    return name === 'zstd' ? zstdDecompressSync(packed, options) : brotliDecompressSync(packed, options)
  } catch {
    return undefined
  }
}

function lz4(packed: Uint8Array, size: number): Uint8Array | undefined {
  const out = new Uint8Array(size)
  return unpackBlock(packed, out, 0) === size ? out : undefined
}

/** Blocks, each behind its two sizes, big-endian. */
function hadoop(packed: Uint8Array, size: number): Uint8Array | undefined {
  const out = new Uint8Array(size)
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  let [at, to] = [0, 0]
  while (to < size) {
    if (at + 8 > packed.byteLength) return undefined
    const [unpacked, length] = [view.getUint32(at), view.getUint32(at + 4)]
    at += 8
    if (unpacked === 0 || unpacked > size - to || length > packed.byteLength - at) return undefined
    if (unpackBlock(packed.subarray(at, at + length), out.subarray(to, to + unpacked), 0) !== unpacked)
      return undefined
    at += length
    to += unpacked
  }
  return out
}
