/** Reverses the bytes of each unit of `size` bytes, in place. A rest shorter than a unit stays. */
export function swapInPlace(bytes: Uint8Array, size: number): void {
  if (size < 2) return
  const whole = bytes.byteLength - (bytes.byteLength % size)
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, whole)
  if (size === 2) buffer.swap16()
  else if (size === 4) buffer.swap32()
  else if (size === 8) buffer.swap64()
  else for (let at = 0; at < whole; at += size) bytes.subarray(at, at + size).reverse()
}

/** A copy with swapped units: sources in memory hand out views of themselves, which are never changed. */
export function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const own = new Uint8Array(bytes)
  swapInPlace(own, size)
  return own
}
