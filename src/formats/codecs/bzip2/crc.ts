const POLYNOMIAL = 0x04c11db7

/** Four tables, so that four bytes take one turn. */
const TABLES: readonly Int32Array[] = makeTables()

/** bzip2's CRC-32 (the polynomial of zip's, most significant bit first) of bytes behind those that gave `crc`. */
export function crcOf(bytes: Uint8Array, crc: number): number {
  const [t0, t1, t2, t3] = TABLES as [Int32Array, Int32Array, Int32Array, Int32Array]
  const end = bytes.byteLength
  let at = 0
  let value = crc
  for (; at + 4 <= end; at += 4) {
    value ^= (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
    value = t3[value >>> 24]! ^ t2[(value >>> 16) & 255]! ^ t1[(value >>> 8) & 255]! ^ t0[value & 255]!
  }
  for (; at < end; at++) value = (value << 8) ^ t0[(value >>> 24) ^ bytes[at]!]!
  return value
}

function makeTables(): Int32Array[] {
  const tables = [0, 1, 2, 3].map(() => new Int32Array(256))
  for (let byte = 0; byte < 256; byte++) {
    let value = byte << 24
    for (let bit = 0; bit < 8; bit++) value = value < 0 ? (value << 1) ^ POLYNOMIAL : value << 1
    tables[0]![byte] = value
  }
  for (let table = 1; table < 4; table++)
    for (let byte = 0; byte < 256; byte++) {
      const value = tables[table - 1]![byte]!
      tables[table]![byte] = (value << 8) ^ tables[0]![value >>> 24]!
    }
  return tables
}
