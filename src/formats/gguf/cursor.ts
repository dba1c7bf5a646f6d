import type { ByteSource } from '../../core/index.ts'
import { fail, MAX_HEADER_BYTES } from './limits.ts'

const FIRST_WINDOW: number = 64 * 1024
const LAST_WINDOW: number = 1024 * 1024

/**
 * Walks forward through a header, by windows that grow from 64 KiB to 1 MiB. Throws FORMAT_TRUNCATED behind the end
 * of the file and FORMAT_LIMIT behind MAX_HEADER_BYTES.
 */
export class Cursor {
  readonly #source: ByteSource
  #littleEndian = true
  #view: DataView = new DataView(new ArrayBuffer(0))
  /** Of the view's first byte. */
  #start = 0
  #window = FIRST_WINDOW
  /** Of the next byte. */
  offset = 0

  constructor(source: ByteSource) {
    this.#source = source
  }

  get name(): string {
    return this.#source.name
  }

  get place(): { readonly name: string; readonly offset: number } {
    return { name: this.#source.name, offset: this.offset }
  }

  get rest(): number {
    return this.#source.size - this.offset
  }

  setByteOrder(littleEndian: boolean): void {
    this.#littleEndian = littleEndian
  }

  async uint8(): Promise<number> {
    const at = await this.#take(1, 'a number')
    return this.#view.getUint8(at)
  }

  async uint32(what = 'a number'): Promise<number> {
    const at = await this.#take(4, what)
    return this.#view.getUint32(at, this.#littleEndian)
  }

  /** A length, count, size or offset: beyond 2^53 it can't be meant. */
  async size(what: string): Promise<number> {
    const { place } = this
    const at = await this.#take(8, what)
    const value = this.#view.getBigUint64(at, this.#littleEndian)
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value)
    throw fail.malformed(place, `${what} is ${value}, which is beyond any file`)
  }

  /** A number of a metadata value, with the DataView method that reads it. */
  async number<T>(bytes: number, read: (view: DataView, at: number, littleEndian: boolean) => T): Promise<T> {
    const at = await this.#take(bytes, 'a number')
    return read(this.#view, at, this.#littleEndian)
  }

  /** A copy. */
  async bytes(length: number, what: string): Promise<Uint8Array> {
    const at = await this.#take(length, what)
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, length).slice()
  }

  skip(length: number, what: string): void {
    this.check(length, what)
    this.offset += length
  }

  /** Strings are walked over within a window without waiting: vocabularies have some hundred thousand. */
  async skipStrings(count: number): Promise<void> {
    for (let left = count; left > 0; ) {
      left -= this.#skipHeldStrings(left)
      if (left === 0) return
      this.skip(await this.size('the length of a string'), 'a string')
      left--
    }
  }

  /** How many strings lie in the window whole; they are skipped. */
  #skipHeldStrings(most: number): number {
    const end = this.#start + this.#view.byteLength
    let skipped = 0
    while (skipped < most && this.offset >= this.#start && this.offset + 8 <= end) {
      const length = Number(this.#view.getBigUint64(this.offset - this.#start, this.#littleEndian))
      if (this.offset + 8 + length > end) break
      this.offset += 8 + length
      skipped++
    }
    return skipped
  }

  check(length: number, what: string): void {
    if (length > this.rest) {
      throw fail.truncated(
        this.place,
        `${what} takes ${length} bytes, and the file ends at ${this.#source.size}`,
      )
    }
    if (this.offset + length > MAX_HEADER_BYTES)
      throw fail.limit(this.place, `metadata beyond ${MAX_HEADER_BYTES} bytes`)
  }

  /** Place in the view of the next `length` bytes, which are then behind. */
  async #take(length: number, what: string): Promise<number> {
    this.check(length, what)
    const end = this.#start + this.#view.byteLength
    if (this.offset < this.#start || this.offset + length > end) {
      const size = Math.min(Math.max(length, this.#window), this.rest)
      const bytes = await this.#source.read(this.offset, size)
      this.#window = Math.min(this.#window * 2, LAST_WINDOW)
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      this.#start = this.offset
    }
    const at = this.offset - this.#start
    this.offset += length
    return at
  }
}
