/** Takes `width` bits (0 to 64) at a time, most significant first, as scale-offset and n-bit pack them. */
export class BitReader {
  readonly #bytes: Uint8Array
  #bit: number

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes
    this.#bit = start * 8
  }

  /** Undefined beyond the end. */
  next(width: number): bigint | undefined {
    if (this.#bit + width > this.#bytes.byteLength * 8) return undefined
    let value = 0n
    let left = width
    while (left > 0) {
      const within = this.#bit & 7
      const take = Math.min(8 - within, left)
      const byte = this.#bytes[this.#bit >>> 3]!
      const part = (byte >> (8 - within - take)) & ((1 << take) - 1)
      value = (value << BigInt(take)) | BigInt(part)
      this.#bit += take
      left -= take
    }
    return value
  }
}

/** Writes the low `size` bytes of a number, in the given order. */
export function putInteger(
  out: Uint8Array,
  at: number,
  size: number,
  value: bigint,
  bigEndian: boolean,
): void {
  for (let k = 0; k < size; k++) {
    const byte = Number((value >> BigInt(8 * k)) & 0xffn)
    out[bigEndian ? at + size - 1 - k : at + k] = byte
  }
}
