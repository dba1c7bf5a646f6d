/**
 * Bits of a window, most significant first. Behind the window's end come zeros: `overrun` tells, once a block is
 * read, whether that happened.
 */
export class Bits {
  readonly bytes: Uint8Array
  /** Of the next byte that is not yet in `held`. */
  at: number
  /** Bits taken from bytes and not yet given out: the lowest `count` of them. */
  held = 0
  count = 0

  constructor(bytes: Uint8Array, bit: number) {
    this.bytes = bytes
    this.at = bit >> 3
    if ((bit & 7) !== 0) this.read(bit & 7)
  }

  /** The next bits as a number, 24 at most. */
  read(bits: number): number {
    while (this.count < bits) {
      this.held = (this.held << 8) | (this.bytes[this.at++] ?? 0)
      this.count += 8
    }
    this.count -= bits
    return (this.held >>> this.count) & ((1 << bits) - 1)
  }

  /** How many bits were given out, from the window's start. */
  get position(): number {
    return this.at * 8 - this.count
  }

  get overrun(): boolean {
    return this.position > this.bytes.byteLength * 8
  }
}
