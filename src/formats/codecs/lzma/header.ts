/** The largest size that a header of the `.lzma` kind is believed to state: 256 GiB, as liblzma has it. */
const MAX_STATED = 2n ** 38n

/**
 * Whether bytes begin as `.lzma` files do, which have no magic number: properties below 225, a dictionary of 2^n or
 * 2^n + 2^(n-1) bytes (the largest value for "any"), a size below 256 GiB or unknown, and the coder's first zero.
 */
export function isLzmaHeader(head: Uint8Array): boolean {
  if (head.byteLength < 14 || head[0]! >= 225 || head[13] !== 0) return false
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const size = view.getBigUint64(5, true)
  if (size !== 0xffffffffffffffffn && size >= MAX_STATED) return false
  return isDictionary(view.getUint32(1, true))
}

function isDictionary(size: number): boolean {
  if (size === 0xffffffff) return true
  if (size < 4096) return false
  const high = 2 ** (31 - Math.clz32(size))
  return size === high || size === high + high / 2
}
