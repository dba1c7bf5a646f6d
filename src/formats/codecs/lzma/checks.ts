import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** A checksum over pieces. */
export interface Check {
  readonly bytes: number
  update(piece: Uint8Array): void
  /** As it stands in the file. */
  digest(): Uint8Array
}

/** The checks of the .xz file format 1.1.0, 2.1.1.2; undefined for the numbers that are reserved. */
export function checkOf(id: number): Check | undefined {
  if (id === 0) return { bytes: 0, update() {}, digest: () => new Uint8Array(0) }
  if (id === 1) return crc32Check()
  if (id === 4) return new Crc64()
  if (id !== 10) return undefined
  const hash = createHash('sha256')
  return { bytes: 32, update: piece => void hash.update(piece), digest: () => hash.digest() }
}

function crc32Check(): Check {
  let value = 0
  return {
    bytes: 4,
    update(piece) {
      value = crc32(piece, value)
    },
    digest() {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32LE(value)
      return bytes
    },
  }
}

/** ECMA-182's polynomial, least significant bit first, as two halves. */
const POLYNOMIAL_LOW = 0xd7870f42
const POLYNOMIAL_HIGH = 0xc96c5795
const SLICES = 4
const [LOW, HIGH] = makeTables()

class Crc64 implements Check {
  readonly bytes = 8
  #low = -1
  #high = -1

  update(piece: Uint8Array): void {
    let low = this.#low
    let high = this.#high
    const end = piece.byteLength
    let at = 0
    for (; at + SLICES <= end; at += SLICES) {
      // The first four bytes meet the lower half; the upper one moves down by as much.
      const word =
        low ^ (piece[at]! | (piece[at + 1]! << 8) | (piece[at + 2]! << 16) | (piece[at + 3]! << 24))
      const [a, b, c, d] = [
        768 + (word & 255),
        512 + ((word >>> 8) & 255),
        256 + ((word >>> 16) & 255),
        word >>> 24,
      ]
      low = high ^ LOW[a]! ^ LOW[b]! ^ LOW[c]! ^ LOW[d]!
      high = HIGH[a]! ^ HIGH[b]! ^ HIGH[c]! ^ HIGH[d]!
    }
    for (; at < end; at++) {
      const index = (low ^ piece[at]!) & 255
      low = (low >>> 8) | (high << 24)
      high >>>= 8
      low ^= LOW[index]!
      high ^= HIGH[index]!
    }
    this.#low = low
    this.#high = high
  }

  digest(): Uint8Array {
    const bytes = Buffer.alloc(8)
    bytes.writeInt32LE(~this.#low, 0)
    bytes.writeInt32LE(~this.#high, 4)
    return bytes
  }
}

/** By slice and byte: what a byte does to the checksum when as many bytes follow it. */
function makeTables(): readonly [Int32Array, Int32Array] {
  const low = new Int32Array(256 * SLICES)
  const high = new Int32Array(256 * SLICES)
  for (let byte = 0; byte < 256; byte++) {
    let [l, h] = [byte, 0]
    for (let bit = 0; bit < 8; bit++) {
      const odd = l & 1
      l = (l >>> 1) | (h << 31)
      h >>>= 1
      if (odd === 1) {
        l ^= POLYNOMIAL_LOW
        h ^= POLYNOMIAL_HIGH
      }
    }
    low[byte] = l
    high[byte] = h
  }
  for (let at = 256; at < 256 * SLICES; at++) {
    const [l, h] = [low[at - 256]!, high[at - 256]!]
    const index = l & 255
    low[at] = ((l >>> 8) | (h << 24)) ^ low[index]!
    high[at] = (h >>> 8) ^ high[index]!
  }
  return [low, high]
}
