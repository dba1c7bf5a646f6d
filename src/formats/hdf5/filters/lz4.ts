import { unpackBlock } from '../../codecs/lz4/block.ts'

/**
 * Undoes the filter LZ4 (32004, HDF Group's registered filters): the size in 8 bytes and that of a block in 4, big-
 * endian, then each block behind its packed length; one that did not get smaller stands as it was. Gives what is wrong
 * where it does not unpack to `most` bytes or less.
 */
export function unpackLz4(chunk: Uint8Array, most: number): Uint8Array | string {
  if (chunk.byteLength < 12) return 'its header is cut off'
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  const size = view.getUint32(0) * 2 ** 32 + view.getUint32(4)
  const blockBytes = view.getUint32(8)
  if (size > most) return `it states ${size} bytes, and ${most} are the most`
  if (blockBytes === 0) return 'its blocks have no bytes'
  const out = new Uint8Array(size)
  let at = 12
  for (let to = 0; to < size; to += blockBytes) {
    const bytes = Math.min(blockBytes, size - to)
    if (at + 4 > chunk.byteLength) return 'it breaks off'
    const length = view.getUint32(at)
    at += 4
    if (length > chunk.byteLength - at) return 'it breaks off'
    const block = chunk.subarray(at, at + length)
    if (length === bytes) out.set(block, to)
    else if (unpackBlock(block, out.subarray(to, to + bytes), 0) !== bytes)
      return `its block at ${at} is broken`
    at += length
  }
  return out
}
