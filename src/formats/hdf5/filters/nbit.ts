import { BitReader, putInteger } from './bits.ts'

const ATOMIC = 1

/**
 * Undoes n-bit (libhdf5's H5Znbit.c) of plain numbers: only the bits that count were stored.
 * Gives the reason as text where that cannot be; of records and arrays only those that need no packing are read.
 */
export function unpackBits(bytes: Uint8Array, values: readonly number[], most: number): Uint8Array | string {
  const [, untouched = 0, count = 0, kind = 0, size = 0, order = 0, precision = 0, offset = 0] = values
  if (untouched !== 0) return bytes
  if (kind !== ATOMIC) return 'packed records and arrays are not read'
  if (size < 1 || size > 8 || precision < 1 || offset + precision > size * 8 || count * size > most)
    return 'its values contradict each other'
  const out = new Uint8Array(count * size)
  const bits = new BitReader(bytes, 0)
  for (let i = 0; i < count; i++) {
    const value = bits.next(precision)
    if (value === undefined) return 'it ends before its numbers do'
    putInteger(out, i * size, size, value << BigInt(offset), order === 1)
  }
  return out
}
