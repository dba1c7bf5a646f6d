/** Values a block and miniblocks a block, as writers choose them: 128 in 4; 1,024 in 32 for wide machines. */
const MAX_BLOCK = 65_536

interface Unpacked {
  readonly values: BigInt64Array
  /** Where it ended. */
  readonly end: number
}

/**
 * Whole numbers as differences in blocks (Encodings.md, DELTA_BINARY_PACKED): `count` of them at most. Undefined where
 * the bytes end before, or say what can't be.
 */
export function readDelta(bytes: Uint8Array, start: number, count: number): Unpacked | undefined {
  const reader = new BitReader(bytes, start)
  const [block, miniblocks, total] = [reader.varint(), reader.varint(), reader.varint()]
  const first = reader.zigzag()
  if (block === undefined || miniblocks === undefined || total === undefined || first === undefined)
    return undefined
  const size = Number(block) / Number(miniblocks)
  if (
    block > BigInt(MAX_BLOCK) ||
    !Number.isInteger(size) ||
    size % 8 !== 0 ||
    size === 0 ||
    total > BigInt(count)
  )
    return undefined
  const values = new BigInt64Array(Number(total))
  if (values.length === 0) return { values, end: reader.at }
  let value = first
  let to = 0
  values[to++] = value
  while (to < values.length) {
    const least = reader.zigzag()
    const widths = reader.take(Number(miniblocks))
    if (least === undefined || widths === undefined) return undefined
    for (const width of widths) {
      // Miniblocks behind the last value are not written.
      if (to >= values.length) break
      if (width > 64) return undefined
      const packed = reader.take((size * width) / 8)
      if (packed === undefined) return undefined
      const end = Math.min(values.length, to + size)
      for (let index = 0; to < end; index++) {
        value = BigInt.asIntN(64, value + least + bitsAt(packed, index * width, width))
        values[to++] = value
      }
    }
  }
  return { values, end: reader.at }
}

function bitsAt(bytes: Uint8Array, start: number, width: number): bigint {
  if (width === 0) return 0n
  if (width <= 24) {
    const at = start >> 3
    const word =
      bytes[at]! | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
    return BigInt((word >>> (start & 7)) & ((1 << width) - 1))
  }
  let value = 0n
  for (let done = 0; done < width; ) {
    const place = start + done
    const take = Math.min(8 - (place & 7), width - done)
    const bits = (bytes[place >> 3]! >> (place & 7)) & ((1 << take) - 1)
    value |= BigInt(bits) << BigInt(done)
    done += take
  }
  return value
}

class BitReader {
  readonly #bytes: Uint8Array
  at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  take(length: number): Uint8Array | undefined {
    if (length > this.#bytes.byteLength - this.at) return undefined
    this.at += length
    return this.#bytes.subarray(this.at - length, this.at)
  }

  varint(): bigint | undefined {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.at++]
      if (byte === undefined) return undefined
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    return undefined
  }

  zigzag(): bigint | undefined {
    const value = this.varint()
    return value === undefined ? undefined : (value >> 1n) ^ -(value & 1n)
  }
}

/** Texts behind their lengths (DELTA_LENGTH_BYTE_ARRAY). */
export function readDeltaLengths(
  bytes: Uint8Array,
  start: number,
  count: number,
): readonly Uint8Array[] | undefined {
  const lengths = readDelta(bytes, start, count)
  if (!lengths) return undefined
  const texts: Uint8Array[] = []
  let at = lengths.end
  for (const length of lengths.values) {
    if (length < 0n || length > BigInt(bytes.byteLength - at)) return undefined
    texts.push(bytes.subarray(at, at + Number(length)))
    at += Number(length)
  }
  return texts
}

/** Texts that begin as the one before did (DELTA_BYTE_ARRAY): all together `most` bytes at the most. */
export function readDeltaTexts(
  bytes: Uint8Array,
  count: number,
  most: number,
): readonly Uint8Array[] | undefined {
  const prefixes = readDelta(bytes, 0, count)
  const suffixes = prefixes && readDeltaLengths(bytes, prefixes.end, count)
  if (!suffixes || suffixes.length !== prefixes.values.length) return undefined
  let before: Uint8Array = new Uint8Array(0)
  let total = 0
  const texts: Uint8Array[] = []
  for (const [index, suffix] of suffixes.entries()) {
    const prefix = prefixes.values[index]!
    if (prefix < 0n || prefix > BigInt(before.byteLength)) return undefined
    total += Number(prefix) + suffix.byteLength
    if (total > most) return undefined
    before = prefix === 0n ? suffix : Buffer.concat([before.subarray(0, Number(prefix)), suffix])
    texts.push(before)
  }
  return texts
}
