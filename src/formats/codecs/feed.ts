import type { ByteSource } from '../../core/index.ts'
import type { Failures } from '../errors.ts'

/** How much is read at once: large enough that reading costs nothing beside decoding. */
const CHUNK_BYTES = 256 * 1024

/** A source read once from front to back by a decoder, with a window that is as large as the decoder asks. */
export class Feed {
  readonly name: string
  readonly fail: Failures
  readonly #source: ByteSource
  readonly #chunk: number
  #window: Uint8Array = new Uint8Array(0)
  /** Of the window's first byte, in the source. */
  #base = 0
  /** Of the next byte, in the window. */
  #at = 0

  constructor(source: ByteSource, fail: Failures, chunk: number = CHUNK_BYTES) {
    this.#source = source
    this.#chunk = chunk
    this.name = source.name
    this.fail = fail
  }

  /** Of the next byte, in the source. */
  get offset(): number {
    return this.#base + this.#at
  }

  get remaining(): number {
    return this.#source.size - this.offset
  }

  get place(): { readonly name: string; readonly offset: number } {
    return { name: this.name, offset: this.offset }
  }

  /** The next bytes, not taken: `length` of them, and often more; fewer only where the source ends. */
  async peek(length: number): Promise<Uint8Array> {
    const held = this.#window.byteLength - this.#at
    if (held < length && this.remaining > held) {
      const wanted = Math.min(this.remaining - held, Math.max(length - held, this.#chunk))
      const more = await this.#source.read(this.offset + held, wanted)
      this.#window = held === 0 ? more : Buffer.concat([this.#window.subarray(this.#at), more])
      this.#base += this.#at
      this.#at = 0
    }
    return this.#window.subarray(this.#at)
  }

  /** Takes bytes that were seen in `peek`. */
  skip(length: number): void {
    this.#at += length
  }

  /** Goes on `length` bytes from here, without reading what lies between. Throws FORMAT_TRUNCATED. */
  jump(length: number): void {
    if (length > this.remaining)
      throw this.fail.truncated(this.place, `${length} more bytes were expected, found ${this.remaining}`)
    this.#at += length
    if (this.#at <= this.#window.byteLength) return
    this.#base += this.#at
    this.#at = 0
    this.#window = new Uint8Array(0)
  }

  /** Exactly the next `length` bytes; a view, valid for ever. Throws FORMAT_TRUNCATED. */
  async take(length: number): Promise<Uint8Array> {
    const window = await this.peek(length)
    if (window.byteLength < length)
      throw this.fail.truncated(this.place, `${length} more bytes were expected, found ${window.byteLength}`)
    this.#at += length
    return window.subarray(0, length)
  }

  /** The next `length` bytes in pieces. Throws FORMAT_TRUNCATED. */
  async *pieces(length: number): AsyncGenerator<Uint8Array, void> {
    for (let left = length; left > 0; ) {
      const window = await this.peek(1)
      if (window.byteLength === 0)
        throw this.fail.truncated(this.place, `${left} more bytes were expected, found none`)
      const piece = window.subarray(0, Math.min(left, window.byteLength))
      this.#at += piece.byteLength
      left -= piece.byteLength
      yield piece
    }
  }
}
