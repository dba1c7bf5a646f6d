import { zstdDecompressSync } from 'node:zlib'
import { unpackBlock } from '../../codecs/lz4/block.ts'

/** Bytes of a block where the filter is given none (bshuf_default_block_size): 8 KiB, in eights of elements. */
const BLOCK_BYTES = 8192

/**
 * Undoes a shuffle by bits: the lowest bits of all elements' first bytes, then the next ones … A rest that is no eight
 * elements stays as it is.
 */
export function unbitshuffle(bytes: Uint8Array, elementBytes: number): Uint8Array {
  const count = Math.floor(bytes.byteLength / elementBytes / 8) * 8
  const out = new Uint8Array(bytes)
  const row = count / 8
  const end = count * elementBytes
  out.fill(0, 0, end)
  for (let k = 0; k < elementBytes; k++) {
    for (let bit = 0; bit < 8; bit++) {
      const from = (k * 8 + bit) * row
      for (let i = 0; i < row; i++) {
        const eight = bytes[from + i]!
        if (eight === 0) continue
        for (let j = 0, to = i * 8 * elementBytes + k; j < 8; j++, to += elementBytes)
          out[to]! |= ((eight >> j) & 1) << bit
      }
    }
  }
  return out
}

/**
 * Undoes the filter bitshuffle (32008): blocks shuffled by bits, alone or each packed with LZ4 (2) or Zstandard (3).
 * Gives what is wrong where it does not unpack to `most` bytes or less.
 */
export function unpackBitshuffle(
  chunk: Uint8Array,
  values: readonly number[],
  most: number,
): Uint8Array | string {
  const [, , elementBytes = 0, elements = 0, packing = 0] = values
  if (elementBytes === 0) return 'its elements have no bytes'
  const usual = Math.max(128, Math.floor(BLOCK_BYTES / elementBytes / 8) * 8)
  if (packing === 0) return unshuffleBlocks(chunk, elementBytes, (elements || usual) * elementBytes)
  if (packing !== 2 && packing !== 3) return `its packing ${packing} is not read`
  if (chunk.byteLength < 12) return 'its header is cut off'
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  const size = view.getUint32(0) * 2 ** 32 + view.getUint32(4)
  const blockBytes = view.getUint32(8)
  if (size > most) return `it states ${size} bytes, and ${most} are the most`
  if (blockBytes === 0 || blockBytes % (8 * elementBytes) !== 0) return `its blocks have ${blockBytes} bytes`
  const out = new Uint8Array(size)
  const eight = 8 * elementBytes
  let at = 12
  let to = 0
  while (size - to >= eight) {
    const bytes = Math.min(blockBytes, Math.floor((size - to) / eight) * eight)
    if (at + 4 > chunk.byteLength) return 'it breaks off'
    const length = view.getUint32(at)
    at += 4
    if (length > chunk.byteLength - at) return 'it breaks off'
    const block = unpacked(chunk.subarray(at, at + length), bytes, packing)
    if (!block) return `its block at ${at} is broken`
    out.set(unbitshuffle(block, elementBytes), to)
    at += length
    to += bytes
  }
  if (chunk.byteLength - at < size - to) return 'it breaks off'
  out.set(chunk.subarray(at, at + size - to), to)
  return out
}

function unshuffleBlocks(chunk: Uint8Array, elementBytes: number, blockBytes: number): Uint8Array | string {
  if (blockBytes % (8 * elementBytes) !== 0) return `its blocks have ${blockBytes} bytes`
  const out = new Uint8Array(chunk)
  for (let at = 0; at < chunk.byteLength; at += blockBytes)
    out.set(unbitshuffle(chunk.subarray(at, at + blockBytes), elementBytes), at)
  return out
}

function unpacked(packed: Uint8Array, bytes: number, packing: number): Uint8Array | undefined {
  if (packing === 2) {
    const out = new Uint8Array(bytes)
    return unpackBlock(packed, out, 0) === bytes ? out : undefined
  }
  try {
    const out = zstdDecompressSync(packed, { maxOutputLength: bytes })
    return out.byteLength === bytes ? out : undefined
  } catch {
    return undefined
  }
}
