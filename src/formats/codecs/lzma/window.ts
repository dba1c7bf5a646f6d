/** A first allocation; it doubles as long as there is more. */
const FIRST_BYTES = 64 * 1024

/**
 * What was unpacked last, up to a dictionary's size and some room for more. A plain buffer whose end is moved to its
 * front now and then: no copy wraps around.
 */
export class Window {
  bytes: Uint8Array
  /** Where the next byte goes. */
  at = 0
  /** The first byte that may be referred to. */
  origin = 0
  readonly dictionary: number
  readonly #most: number

  /** `room` is the most that is ever asked of `reserve`. */
  constructor(dictionary: number, room: number) {
    this.dictionary = dictionary
    // Moving copies each byte of the dictionary for every two that were unpacked, at most.
    this.#most = dictionary + Math.max(room, dictionary >> 1)
    this.bytes = new Uint8Array(Math.min(this.#most, FIRST_BYTES))
  }

  /** Makes room for so many bytes behind `at`. Views of `bytes` that were given out are no longer valid. */
  reserve(room: number): void {
    if (this.bytes.byteLength - this.at >= room) return
    if (this.bytes.byteLength < this.#most) {
      const larger = new Uint8Array(Math.min(this.#most, Math.max(this.bytes.byteLength * 2, this.at + room)))
      larger.set(this.bytes.subarray(0, this.at))
      this.bytes = larger
      if (this.bytes.byteLength - this.at >= room) return
    }
    const from = Math.max(this.origin, this.at - this.dictionary)
    this.bytes.copyWithin(0, from, this.at)
    this.at -= from
    this.origin = Math.max(0, this.origin - from)
  }

  /** Forgets what was unpacked: nothing may refer to it any more. */
  reset(): void {
    this.origin = this.at
  }
}
