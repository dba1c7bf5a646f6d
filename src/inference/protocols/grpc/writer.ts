import { WIRE } from './wire.ts'

const FIRST_BYTES = 512
const MAX_VARINT_BYTES = 10

/** Writes a message's fields into memory that grows. As proto3 does, zeros and empty texts are not written. */
export class FieldWriter {
  #bytes: Buffer = Buffer.allocUnsafe(FIRST_BYTES)
  #at = 0

  get length(): number {
    return this.#at
  }

  /** Whole numbers: int64, uint64, int32, enumerations. Exact up to 2^53; negative ones take ten bytes. */
  int(field: number, value: number): void {
    if (value === 0) return
    this.#tag(field, WIRE.varint)
    this.varint(value)
  }

  flag(field: number, value: boolean): void {
    if (value) this.int(field, 1)
  }

  text(field: number, value: string): void {
    if (value !== '') this.element(field, value)
  }

  double(field: number, value: number): void {
    this.#tag(field, WIRE.fixed64)
    this.#grow(8)
    this.#at = this.#bytes.writeDoubleLE(value, this.#at)
  }

  /** A text of a repeated field: written even where it is empty. */
  element(field: number, value: string): void {
    const length = Buffer.byteLength(value)
    this.head(field, length)
    this.#grow(length)
    this.#at += this.#bytes.write(value, this.#at, 'utf8')
  }

  raw(field: number, value: Uint8Array): void {
    this.head(field, value.byteLength)
    this.#grow(value.byteLength)
    this.#bytes.set(value, this.#at)
    this.#at += value.byteLength
  }

  /** Whole numbers of one repeated field, behind one length. */
  packed(field: number, values: ArrayLike<number | bigint>): void {
    if (values.length === 0) return
    this.message(field, () => {
      for (let i = 0; i < values.length; i++) {
        const value = values[i]!
        if (typeof value === 'bigint') this.#bigVarint(value)
        else this.varint(value)
      }
    })
  }

  /** A message within: its length is put before it when it is known. */
  message(field: number, write: () => void): void {
    this.#tag(field, WIRE.bytes)
    this.#grow(1)
    const lengthAt = this.#at++
    write()
    const length = this.#at - lengthAt - 1
    const more = varintBytes(length) - 1
    if (more > 0) {
      this.#grow(more)
      this.#bytes.copyWithin(lengthAt + 1 + more, lengthAt + 1, this.#at)
    }
    const end = this.#at + more
    this.#at = lengthAt
    this.varint(length)
    this.#at = end
  }

  /** Tag and length of bytes that come from elsewhere. */
  head(field: number, length: number): void {
    this.#tag(field, WIRE.bytes)
    this.varint(length)
  }

  varint(value: number): void {
    this.#grow(MAX_VARINT_BYTES)
    if (value < 0) {
      this.#bigVarint(BigInt(value))
      return
    }
    const bytes = this.#bytes
    let rest = value
    while (rest > 0x7fffffff) {
      bytes[this.#at++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    while (rest > 0x7f) {
      bytes[this.#at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    bytes[this.#at++] = rest
  }

  /** What was written from `start` on: a view, good until more is written. */
  slice(start = 0): Buffer {
    return this.#bytes.subarray(start, this.#at)
  }

  #bigVarint(value: bigint): void {
    this.#grow(MAX_VARINT_BYTES)
    let rest = BigInt.asUintN(64, value)
    while (rest > 0x7fn) {
      this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.#bytes[this.#at++] = Number(rest)
  }

  #tag(field: number, wire: number): void {
    this.varint(field * 8 + wire)
  }

  #grow(more: number): void {
    if (this.#at + more <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + more))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

function varintBytes(value: number): number {
  let count = 1
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) count++
  return count
}
