import { isUtf8 } from 'node:buffer'
import { refuse } from '../refuse.ts'

/** How a field's value lies in a message: https://protobuf.dev/programming-guides/encoding/. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const
type WireType = (typeof WIRE)[keyof typeof WIRE]

const TWO_32 = 2 ** 32
/** Ten groups of seven bits hold 64. */
const MAX_VARINT_BYTES = 10

/**
 * Walks the fields of a message, one `next` after the other, and makes nothing of those that nobody asks for.
 * What a field holds is read from the cursor before the next `next`. Throws REQUEST_INVALID.
 */
export class FieldReader {
  readonly bytes: Buffer
  readonly end: number
  /** Of the current field. */
  field = 0
  wire = 0
  /** Where its value lies: content without the length before it. */
  start = 0
  stop = 0
  /** Halves of a varint. */
  low = 0
  high = 0
  #at: number

  constructor(bytes: Buffer, start = 0, end: number = bytes.length) {
    this.bytes = bytes
    this.#at = start
    this.end = end
  }

  next(): boolean {
    if (this.#at >= this.end) return false
    this.#varint()
    if (this.high !== 0 || this.low < 8) throw this.#malformed('a field of no number')
    this.field = this.low >>> 3
    this.wire = this.low & 7
    switch (this.wire) {
      case WIRE.varint:
        this.start = this.#at
        this.#varint()
        this.stop = this.#at
        break
      case WIRE.fixed64:
        this.#take(8)
        break
      case WIRE.fixed32:
        this.#take(4)
        break
      case WIRE.bytes:
        this.#varint()
        this.#take(this.high * TWO_32 + this.low)
        break
      default:
        throw this.#malformed(`the wire type ${this.wire}`)
    }
    return true
  }

  /** Of a field of bytes: the message in it. */
  message(): FieldReader {
    this.expect(WIRE.bytes)
    return new FieldReader(this.bytes, this.start, this.stop)
  }

  /** A view. */
  content(): Buffer {
    this.expect(WIRE.bytes)
    return this.bytes.subarray(this.start, this.stop)
  }

  text(most: number): string {
    this.expect(WIRE.bytes)
    const length = this.stop - this.start
    if (length > most) throw refuse(`A text of ${length} bytes in the message; the limit is ${most}`)
    const content = this.bytes.subarray(this.start, this.stop)
    if (!isUtf8(content)) throw refuse(`The text of field ${this.field} at byte ${this.start} is not UTF-8`)
    return content.toString('utf8')
  }

  flag(): boolean {
    this.expect(WIRE.varint)
    return this.low !== 0 || this.high !== 0
  }

  /** As int64. Beyond 2^53 the last digits are lost. */
  int(): number {
    this.expect(WIRE.varint)
    return (this.high | 0) * TWO_32 + this.low
  }

  /** As uint64. Beyond 2^53 the last digits are lost. */
  uint(): number {
    this.expect(WIRE.varint)
    return this.high * TWO_32 + this.low
  }

  double(): number {
    this.expect(WIRE.fixed64)
    return this.bytes.readDoubleLE(this.start)
  }

  expect(wire: WireType): void {
    if (this.wire !== wire) throw this.#malformed(`the wire type ${this.wire} for field ${this.field}`)
  }

  /** The next of numbers that are packed one behind the other; `low` and `high` hold it. */
  nextNumber(): boolean {
    if (this.#at >= this.end) return false
    this.#varint()
    return true
  }

  #varint(): void {
    let low = 0
    let high = 0
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      if (this.#at >= this.end) throw this.#malformed('a number that is cut off')
      const byte = this.bytes[this.#at++]!
      const bits = byte & 0x7f
      if (i < 4) low |= bits << (7 * i)
      else if (i === 4) {
        low |= bits << 28
        high = bits >>> 4
      } else high |= bits << (7 * i - 32)
      if (byte < 0x80) {
        if (i === MAX_VARINT_BYTES - 1 && byte > 1) break
        this.low = low >>> 0
        this.high = high >>> 0
        return
      }
    }
    throw this.#malformed('a number of more than 64 bits')
  }

  #take(length: number): void {
    if (length > this.end - this.#at) {
      throw this.#malformed(`field ${this.field} with ${length} bytes, and ${this.end - this.#at} are left`)
    }
    this.start = this.#at
    this.stop = this.#at += length
  }

  #malformed(found: string): Error {
    return refuse(
      `The protobuf message is broken at byte ${this.#at}: ${found}`,
      'Build it with the classes made from inference.proto.',
    )
  }
}
