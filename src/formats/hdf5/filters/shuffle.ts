/** Undoes shuffle: first bytes of all elements, then all second bytes … A rest that fills no element stays as it is. */
export function unshuffle(bytes: Uint8Array, elementBytes: number): Uint8Array {
  if (elementBytes <= 1 || bytes.byteLength < elementBytes) return bytes
  const count = Math.floor(bytes.byteLength / elementBytes)
  const out = new Uint8Array(bytes.byteLength)
  for (let k = 0; k < elementBytes; k++) {
    const from = k * count
    for (let i = 0, to = k; i < count; i++, to += elementBytes) out[to] = bytes[from + i]!
  }
  out.set(bytes.subarray(count * elementBytes), count * elementBytes)
  return out
}
