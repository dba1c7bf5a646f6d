const TOP = 2 ** 24
const MODEL_BITS = 11
const MODEL_TOTAL = 2 ** MODEL_BITS
const MOVE_BITS = 5

/** What one symbol takes of input at the very most; before each, so much must be there. */
export const MAX_SYMBOL_BYTES = 20

/**
 * The range coder of LZMA (LZMA specification, 7-Zip 2015): bits by adaptive probabilities of 11 bits. Behind the
 * input's end it reads zeros; `overrun` tells.
 */
export class RangeCoder {
  bytes: Uint8Array = new Uint8Array(0)
  /** Of the next byte. */
  at = 0
  /** Range and code, 32 bits without sign each: in plain fields they would be boxed. */
  readonly #state = new Uint32Array(2)

  /** Begins with the first five bytes at `at`. False where the first is not the zero that it must be. */
  begin(): boolean {
    const bytes = this.bytes
    const at = this.at
    this.#state[0] = 0xffffffff
    this.#state[1] = (bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!
    this.at += 5
    return bytes[at] === 0
  }

  get overrun(): boolean {
    return this.at > this.bytes.byteLength
  }

  /** Takes the last byte of the stream. True where it ends as it must. */
  finish(): boolean {
    if (this.#state[0]! < TOP) {
      this.#state[0] = this.#state[0]! << 8
      this.#state[1] = (this.#state[1]! << 8) | this.bytes[this.at++]!
    }
    return this.#state[1] === 0
  }

  bit(probs: Uint16Array, index: number): number {
    let range = this.#state[0]!
    let code = this.#state[1]!
    if (range < TOP) {
      range = (range << 8) >>> 0
      code = ((code << 8) | this.bytes[this.at++]!) >>> 0
    }
    const prob = probs[index]!
    const bound = Math.imul(range >>> MODEL_BITS, prob) >>> 0
    if (code < bound) {
      probs[index] = prob + ((MODEL_TOTAL - prob) >> MOVE_BITS)
      this.#state[0] = bound
      this.#state[1] = code
      return 0
    }
    probs[index] = prob - (prob >> MOVE_BITS)
    this.#state[0] = range - bound
    this.#state[1] = code - bound
    return 1
  }

  /** `bits` bits, most significant first, by a tree of probabilities at `base`. */
  tree(probs: Uint16Array, base: number, bits: number): number {
    return this.#walk(probs, base, 1 << bits) - (1 << bits)
  }

  literal(probs: Uint16Array, base: number): number {
    return this.#walk(probs, base, 256) - 256
  }

  #walk(probs: Uint16Array, base: number, end: number): number {
    const bytes = this.bytes
    let range = this.#state[0]!
    let code = this.#state[1]!
    let at = this.at
    let symbol = 1
    while (symbol < end) {
      if (range < TOP) {
        range = (range << 8) >>> 0
        code = ((code << 8) | bytes[at++]!) >>> 0
      }
      const prob = probs[base + symbol]!
      const bound = Math.imul(range >>> MODEL_BITS, prob) >>> 0
      if (code < bound) {
        probs[base + symbol] = prob + ((MODEL_TOTAL - prob) >> MOVE_BITS)
        range = bound
        symbol <<= 1
      } else {
        probs[base + symbol] = prob - (prob >> MOVE_BITS)
        range = (range - bound) >>> 0
        code = (code - bound) >>> 0
        symbol = (symbol << 1) | 1
      }
    }
    this.#state[0] = range
    this.#state[1] = code
    this.at = at
    return symbol
  }

  /** A literal behind a match: as long as its bits are those of the byte that the match would have gone on with. */
  matched(probs: Uint16Array, base: number, match: number): number {
    let expected = match << 1
    let offset = 0x100
    let symbol = 1
    while (symbol < 0x100) {
      const wanted = expected & offset
      expected <<= 1
      const bit = this.bit(probs, base + offset + wanted + symbol)
      symbol = (symbol << 1) | bit
      offset &= bit === 0 ? ~wanted : wanted
    }
    return symbol & 0xff
  }

  /** `bits` bits, least significant first. */
  reverse(probs: Uint16Array, base: number, bits: number): number {
    let symbol = 1
    let value = 0
    for (let place = 0; place < bits; place++) {
      const bit = this.bit(probs, base + symbol)
      symbol = (symbol << 1) | bit
      value |= bit << place
    }
    return value
  }

  /** `bits` bits without probabilities, most significant first. */
  direct(bits: number): number {
    const bytes = this.bytes
    let range = this.#state[0]!
    let code = this.#state[1]!
    let value = 0
    for (let left = bits; left > 0; left--) {
      if (range < TOP) {
        range = (range << 8) >>> 0
        code = ((code << 8) | bytes[this.at++]!) >>> 0
      }
      range >>>= 1
      const bit = code >= range ? 1 : 0
      if (bit === 1) code = (code - range) >>> 0
      value = (value << 1) | bit
    }
    this.#state[0] = range
    this.#state[1] = code
    return value
  }
}
