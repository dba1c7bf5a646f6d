const rotate = (x: number, k: number): number => (x << k) | (x >>> (32 - k))

/**
 * Bob Jenkins' lookup3 (`hashlittle`, http://burtleburtle.net/bob/c/lookup3.c, public domain), with which HDF5
 * guards its metadata. Unsigned 32 bits.
 */
export function lookup3(bytes: Uint8Array, seed = 0): number {
  let length = bytes.byteLength
  let a = (0xdeadbeef + length + seed) | 0
  let b = a
  let c = a
  let at = 0
  const word = (from: number): number =>
    bytes[from]! | (bytes[from + 1]! << 8) | (bytes[from + 2]! << 16) | (bytes[from + 3]! << 24)
  while (length > 12) {
    a = (a + word(at)) | 0
    b = (b + word(at + 4)) | 0
    c = (c + word(at + 8)) | 0
    a = ((a - c) ^ rotate(c, 4)) | 0
    c = (c + b) | 0
    b = ((b - a) ^ rotate(a, 6)) | 0
    a = (a + c) | 0
    c = ((c - b) ^ rotate(b, 8)) | 0
    b = (b + a) | 0
    a = ((a - c) ^ rotate(c, 16)) | 0
    c = (c + b) | 0
    b = ((b - a) ^ rotate(a, 19)) | 0
    a = (a + c) | 0
    c = ((c - b) ^ rotate(b, 4)) | 0
    b = (b + a) | 0
    length -= 12
    at += 12
  }
  if (length === 0) return c >>> 0
  const tail = new Uint8Array(12)
  tail.set(bytes.subarray(at, at + length))
  const last = (from: number): number =>
    tail[from]! | (tail[from + 1]! << 8) | (tail[from + 2]! << 16) | (tail[from + 3]! << 24)
  a = (a + last(0)) | 0
  b = (b + last(4)) | 0
  c = (c + last(8)) | 0
  c = ((c ^ b) - rotate(b, 14)) | 0
  a = ((a ^ c) - rotate(c, 11)) | 0
  b = ((b ^ a) - rotate(a, 25)) | 0
  c = ((c ^ b) - rotate(b, 16)) | 0
  a = ((a ^ c) - rotate(c, 4)) | 0
  b = ((b ^ a) - rotate(a, 14)) | 0
  c = ((c ^ b) - rotate(b, 24)) | 0
  return c >>> 0
}
