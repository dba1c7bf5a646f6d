import type { Place } from '../errors.ts'
import { fail, MAX_THRIFT_DEPTH } from './limits.ts'

/** A value of Thrift's compact protocol; 64-bit numbers beyond 2^53 are infinite. */
export type ThriftValue = boolean | number | Uint8Array | readonly ThriftValue[] | ThriftStruct
export type ThriftStruct = ReadonlyMap<number, ThriftValue>

/** The end of the bytes came within a structure. */
export class ShortThrift extends Error {}

/** Reads structures of the compact protocol (thrift-compact-protocol.md), each value bounded by the bytes there are. */
export class ThriftReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #place: Place
  at: number

  constructor(bytes: Uint8Array, at: number, place: Place) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#place = place
    this.at = at
  }

  struct(depth = 0): ThriftStruct {
    if (depth > MAX_THRIFT_DEPTH) throw this.#broken(`structures are more than ${MAX_THRIFT_DEPTH} deep`)
    const fields = new Map<number, ThriftValue>()
    let id = 0
    for (;;) {
      const byte = this.#byte()
      const type = byte & 15
      if (type === 0) return fields
      id = byte >> 4 === 0 ? this.#zigzag() : id + (byte >> 4)
      fields.set(id, type === 1 ? true : type === 2 ? false : this.#value(type, depth))
    }
  }

  #value(type: number, depth: number): ThriftValue {
    switch (type) {
      case 1:
      case 2:
        return this.#byte() === 1
      case 3:
        return (this.#byte() << 24) >> 24
      case 4:
      case 5:
      case 6:
        return this.#zigzag()
      case 7: {
        const at = this.#take(8)
        return this.#view.getFloat64(at, true)
      }
      case 8: {
        const length = this.#varint()
        const at = this.#take(length)
        return this.#bytes.subarray(at, at + length)
      }
      case 9:
      case 10:
        return this.#list(depth + 1)
      case 12:
        return this.struct(depth + 1)
      default:
        throw this.#broken(`a value has the type ${type}, which is not used`)
    }
  }

  #list(depth: number): readonly ThriftValue[] {
    if (depth > MAX_THRIFT_DEPTH) throw this.#broken(`lists are more than ${MAX_THRIFT_DEPTH} deep`)
    const byte = this.#byte()
    const count = byte >> 4 === 15 ? this.#varint() : byte >> 4
    // Each element has a byte at least.
    if (count > this.#bytes.byteLength - this.at) throw new ShortThrift()
    const values: ThriftValue[] = []
    for (let index = 0; index < count; index++) values.push(this.#value(byte & 15, depth))
    return values
  }

  #byte(): number {
    return this.#bytes[this.#take(1)]!
  }

  #take(length: number): number {
    if (length > this.#bytes.byteLength - this.at) throw new ShortThrift()
    this.at += length
    return this.at - length
  }

  #varint(): number {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte()
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value <= Number.MAX_SAFE_INTEGER ? value : Number.POSITIVE_INFINITY
    }
    throw this.#broken('a number has more than ten bytes')
  }

  #zigzag(): number {
    const value = this.#varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  #broken(what: string): Error {
    return fail.malformed({ name: this.#place.name, offset: (this.#place.offset ?? 0) + this.at }, what)
  }
}

export function structAt(fields: ThriftStruct, id: number): ThriftStruct | undefined {
  const value = fields.get(id)
  return value instanceof Map ? value : undefined
}

export function numberAt(fields: ThriftStruct, id: number): number | undefined {
  const value = fields.get(id)
  return typeof value === 'number' ? value : undefined
}

export function listAt(fields: ThriftStruct, id: number): readonly ThriftValue[] {
  const value = fields.get(id)
  return Array.isArray(value) ? value : []
}

export function textAt(fields: ThriftStruct, id: number): string | undefined {
  const value = fields.get(id)
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : undefined
}
