/** Bytes that are written at once: without zeros first, and in a buffer of their own. */
export function freshBytes(length: number): Uint8Array {
  const { buffer, byteOffset } = Buffer.allocUnsafeSlow(length)
  return new Uint8Array(buffer, byteOffset, length)
}
