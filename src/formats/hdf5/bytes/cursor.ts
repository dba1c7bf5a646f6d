import type { FormatsError } from '../../errors.ts'
import { fail } from '../failures.ts'
import { lookup3 } from './lookup3.ts'

/** Widths of the file's addresses and lengths, as its superblock states them. */
export interface Widths {
  readonly address: number
  readonly length: number
}

/** Where a cursor's bytes come from, for messages. */
export interface Origin {
  readonly name: string
  /** Of the first byte, from the start of the file. */
  readonly offset: number
}

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Reads the fields of one structure in order. Throws FORMAT_MALFORMED where the structure ends before a field. */
export class Cursor {
  readonly bytes: Uint8Array
  readonly widths: Widths
  /** What is being read: `the object header`. */
  readonly what: string
  readonly #origin: Origin
  readonly #view: DataView
  at = 0

  constructor(bytes: Uint8Array, widths: Widths, origin: Origin, what: string) {
    this.bytes = bytes
    this.widths = widths
    this.what = what
    this.#origin = origin
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left(): number {
    return this.bytes.byteLength - this.at
  }

  /** From the start of the file. */
  get offset(): number {
    return this.#origin.offset + this.at
  }

  get place(): { name: string; offset: number } {
    return { name: this.#origin.name, offset: this.offset }
  }

  /** A cursor over the next `length` bytes, which are passed over. */
  part(length: number, what = this.what): Cursor {
    const { offset } = this
    return new Cursor(this.take(length), this.widths, { name: this.#origin.name, offset }, what)
  }

  take(length: number): Uint8Array {
    if (!(length >= 0 && length <= this.left)) {
      throw this.malformed(`${this.what} ends ${this.left} bytes on, where ${length} are needed`)
    }
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  skip(length: number): void {
    this.take(length)
  }

  u8(): number {
    return this.take(1)[0]!
  }

  u16(): number {
    this.take(2)
    return this.#view.getUint16(this.at - 2, true)
  }

  u32(): number {
    this.take(4)
    return this.#view.getUint32(this.at - 4, true)
  }

  /** An unsigned number of `width` bytes (0 to 8). Throws FORMAT_MALFORMED beyond 2^53. */
  uint(width: number): number {
    const value = this.wide(width)
    if (value === undefined || !Number.isSafeInteger(value)) {
      throw this.malformed(`${this.what} has a size or offset beyond any file`)
    }
    return value
  }

  /** As `uint`; undefined where all bits are set (no address, no limit), inexact beyond 2^53. */
  wide(width: number): number | undefined {
    const bytes = this.take(width)
    let value = 0
    let full = width > 0
    for (let i = width - 1; i >= 0; i--) {
      value = value * 256 + bytes[i]!
      full &&= bytes[i] === 0xff
    }
    return full && width >= 2 ? undefined : value
  }

  /** An address, relative to the base; undefined for the format's "no address". */
  address(): number | undefined {
    const value = this.wide(this.widths.address)
    if (value !== undefined && !Number.isSafeInteger(value)) {
      throw this.malformed(`${this.what} has an address beyond any file`)
    }
    return value
  }

  /** An address that must be there. */
  given(what: string): number {
    const address = this.address()
    if (address === undefined) throw this.malformed(`${this.what} has no address of ${what}`)
    return address
  }

  length(): number {
    return this.uint(this.widths.length)
  }

  /** Text up to a NUL, which is passed over; with `padding`, so is what fills up to a multiple of it. */
  text(padding = 1): string {
    const end = this.bytes.indexOf(0, this.at)
    if (end < 0) throw this.malformed(`${this.what} has a name without an end`)
    const start = this.at
    const text = UTF8.decode(this.bytes.subarray(start, end))
    this.skip(Math.ceil((end + 1 - start) / padding) * padding)
    return text
  }

  signature(expected: string): void {
    const found = Buffer.from(this.take(4)).toString('latin1')
    if (found === expected) return
    this.at -= 4
    throw this.malformed(`${this.what} begins with ${JSON.stringify(found)} instead of '${expected}'`)
  }

  /** The version byte, which must be one of `known`. */
  version(...known: number[]): number {
    const found = this.u8()
    if (known.includes(found)) return found
    this.at -= 1
    throw fail.unsupported(this.place, `${this.what} has version ${found}; ${known.join(', ')} are read`)
  }

  /** Compares the next four bytes with the checksum of all before them. Throws FORMAT_MALFORMED. */
  checksum(): void {
    const computed = lookup3(this.bytes.subarray(0, this.at))
    const stored = this.u32()
    if (stored !== computed) {
      throw this.malformed(
        `the checksum of ${this.what} is ${hex(stored)}, and its bytes give ${hex(computed)}`,
      )
    }
  }

  malformed(message: string): FormatsError {
    return fail.malformed(this.place, message)
  }
}

const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`
