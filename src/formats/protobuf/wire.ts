import type { ByteSource } from '../../core/index.ts'
import type { Failing } from '../errors.ts'

/** Fields that are looked at in one file. A large language model has some 20,000 nodes and 500,000 fields; this takes seconds. */
export const MAX_FIELDS = 20_000_000

/** How the reader of a format tells of what is wrong in its bytes. */
export interface WireFailures {
  readonly malformed: Failing
  readonly overLimit: Failing
  readonly truncated: Failing
}

/** A part of the file: `end` is exclusive. */
export interface Range {
  readonly start: number
  readonly end: number
}

/**
 * One field of a message: a number, or the range of its bytes (a string, a message, packed numbers). `start` is
 * where its tag begins.
 */
export type Field = { readonly number: number; readonly start: number } & (
  | { readonly kind: 'varint'; readonly value: bigint }
  | { readonly kind: 'fixed'; readonly bytes: 4 | 8; readonly range: Range }
  | { readonly kind: 'bytes'; readonly range: Range }
)

/** The most bytes of a field's header and number: a tag and a value, or a tag and a length. */
const MAX_HEADER = 20
/**
 * After a jump little is read at first, as the next thing may be a jump again: as much as was wanted between the last
 * two jumps (the header of a tensor has 40 to 150 bytes), within these bounds. Then more and more.
 */
const LEAST_WINDOW = 64
const FIRST_WINDOW = 256
const LARGEST_WINDOW = 256 * 1024

/**
 * Walks protobuf messages in a file (https://protobuf.dev/programming-guides/encoding/), reading windows of it and
 * jumping over what nobody asks for: tensors of gigabytes cost nothing.
 * Throws the errors that it was given, with the place.
 */
export class Wire {
  readonly source: ByteSource
  readonly #fail: WireFailures
  #window: Uint8Array = new Uint8Array(0)
  #start = 0
  /** From the last jump on: where it led, and how far was looked since. */
  #from = 0
  #reached = 0
  #expected = FIRST_WINDOW
  #fields = 0

  constructor(source: ByteSource, failures: WireFailures) {
    this.source = source
    this.#fail = failures
  }

  get whole(): Range {
    return { start: 0, end: this.source.size }
  }

  /** Calls `visit` with each field in order, waiting for it where it gives a promise. */
  async walk(range: Range, visit: (field: Field) => Promise<void> | void): Promise<void> {
    let at = range.start
    while (at < range.end) {
      if (!this.#holds(at, Math.min(MAX_HEADER, range.end - at))) await this.#load(at, MAX_HEADER)
      const { field, next } = this.#field(at, range.end)
      const pending = visit(field)
      if (pending) await pending
      at = next
    }
  }

  /** The fields in order, for a reader that gives as it reads; `walk` is faster. */
  async *fields(range: Range): AsyncGenerator<Field, void> {
    let at = range.start
    while (at < range.end) {
      if (!this.#holds(at, Math.min(MAX_HEADER, range.end - at))) await this.#load(at, MAX_HEADER)
      const { field, next } = this.#field(at, range.end)
      yield field
      at = next
    }
  }

  /** Bytes of a range, at most `most`: throws `overLimit` above. */
  async bytes({ start, end }: Range, most: number, what: string): Promise<Uint8Array> {
    if (end - start > most)
      throw this.#fail.overLimit(
        `${this.#place(start)}: ${what} has ${end - start} bytes; the limit is ${most}`,
      )
    if (!this.#holds(start, end - start)) await this.#load(start, end - start)
    return this.#window.subarray(start - this.#start, end - this.#start)
  }

  /** A range as UTF-8. Throws `malformed` for other bytes. */
  async text(range: Range, most: number, what: string): Promise<string> {
    const bytes = await this.bytes(range, most, what)
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch (cause) {
      throw this.#fail.malformed(`${this.#place(range.start)}: ${what} is not UTF-8`, { cause })
    }
  }

  /** The varints packed in a range; calls `visit` with each. */
  async packed(range: Range, visit: (value: bigint) => void): Promise<void> {
    let at = range.start
    while (at < range.end) {
      if (!this.#holds(at, Math.min(MAX_HEADER, range.end - at))) await this.#load(at, MAX_HEADER)
      const { value, next } = this.#varint(at, range.end)
      this.#count(at)
      visit(value)
      at = next
    }
  }

  #field(at: number, end: number): { field: Field; next: number } {
    this.#count(at)
    const tag = this.#varint(at, end)
    const number = Number(tag.value >> 3n)
    if (number < 1 || number > 0x1fffffff)
      throw this.#fail.malformed(`${this.#place(at)}: the field number ${number} is impossible`)
    const after = tag.next
    switch (Number(tag.value & 7n)) {
      case 0: {
        const { value, next } = this.#varint(after, end)
        return { field: { kind: 'varint', number, start: at, value }, next }
      }
      case 1:
        return this.#fixed(number, 8, at, after, end)
      case 5:
        return this.#fixed(number, 4, at, after, end)
      case 2: {
        const { value, next } = this.#varint(after, end)
        if (value > BigInt(end - next)) throw this.#beyond(at, number, value, end)
        const range = { start: next, end: next + Number(value) }
        return { field: { kind: 'bytes', number, start: at, range }, next: range.end }
      }
      default:
        throw this.#fail.malformed(
          `${this.#place(at)}: field ${number} has the wire type ${tag.value & 7n}, which is not used`,
        )
    }
  }

  #fixed(
    number: number,
    bytes: 4 | 8,
    start: number,
    at: number,
    end: number,
  ): { field: Field; next: number } {
    if (at + bytes > end) throw this.#beyond(at, number, BigInt(bytes), end)
    return {
      field: { kind: 'fixed', number, start, bytes, range: { start: at, end: at + bytes } },
      next: at + bytes,
    }
  }

  /** Seven bits a byte, least significant first, ten bytes at most; the window must hold them. */
  #varint(at: number, end: number): { value: bigint; next: number } {
    let low = 0
    let high = 0n
    for (let i = 0; i < 10; i++) {
      if (at + i >= end) throw this.#beyond(at, 0, 1n, end)
      const byte = this.#window[at + i - this.#start]!
      if (i < 4) low |= (byte & 0x7f) << (7 * i)
      else high |= BigInt(byte & 0x7f) << BigInt(7 * i)
      if (byte < 0x80) {
        if (i === 9 && byte > 1) break
        return { value: i < 4 ? BigInt(low) : high | BigInt(low), next: at + i + 1 }
      }
    }
    throw this.#fail.malformed(`${this.#place(at)}: a number goes beyond 64 bits`)
  }

  #count(at: number): void {
    if (++this.#fields > MAX_FIELDS)
      throw this.#fail.overLimit(`${this.#place(at)}: more than ${MAX_FIELDS} fields`)
  }

  #beyond(at: number, number: number, needs: bigint, end: number): Error {
    const what = number > 0 ? `field ${number} needs ${needs} bytes` : 'a number is cut off'
    if (end === this.source.size)
      return this.#fail.truncated(`${this.#place(at)}: ${what}, and the file ends at ${end}`)
    return this.#fail.malformed(`${this.#place(at)}: ${what}, and its message ends at ${end}`)
  }

  #holds(start: number, length: number): boolean {
    if (start >= this.#start && start <= this.#start + this.#window.byteLength)
      this.#reached = Math.max(this.#reached, start + length)
    return start >= this.#start && start + length <= this.#start + this.#window.byteLength
  }

  async #load(at: number, least: number): Promise<void> {
    const sequential = at >= this.#start && at <= this.#start + this.#window.byteLength
    if (!sequential) {
      this.#expected = Math.min(FIRST_WINDOW, Math.max(LEAST_WINDOW, this.#reached - this.#from))
      this.#from = at
      this.#reached = at + least
    }
    const wanted = sequential ? Math.min(LARGEST_WINDOW, this.#window.byteLength * 2) : this.#expected
    const length = Math.min(Math.max(wanted, least), this.source.size - at)
    this.#window = await this.source.read(at, length)
    this.#start = at
  }

  #place(at: number): string {
    return `${this.source.name}, byte ${at}`
  }
}
