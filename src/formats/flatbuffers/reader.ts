import type { ByteSource } from '../../core/index.ts'
import type { Failures } from '../errors.ts'
import { blockReader } from './blocks.ts'

/** Tables of one file. A large model has some 100,000 operators and tensors, each of a few tables. */
export const MAX_TABLES = 4_000_000
/** What strings and vectors may take together: many tables may point at one long vector. */
export const MAX_CONTENT_BYTES: number = 64 * 1024 * 1024
/** Of one string. */
export const MAX_STRING_BYTES: number = 1024 * 1024

/** A table: where it begins, and where each field is in it (0: nowhere). */
export interface Table {
  readonly at: number
  readonly fields: DataView
  /** Bytes of the table itself. */
  readonly size: number
}

/** Elements one behind the other. */
export interface Vector {
  readonly start: number
  readonly length: number
}

export type Scalar = 'int8' | 'uint8' | 'int32' | 'uint32' | 'uint64' | 'float32'
const SCALAR_BYTES: Readonly<Record<Scalar, number>> = {
  int8: 1,
  uint8: 1,
  int32: 4,
  uint32: 4,
  uint64: 8,
  float32: 4,
}

/**
 * Reads flatbuffers (https://flatbuffers.dev/internals/) by ranges: nothing of a file is read but what is asked
 * for. Each offset is held against the file. Throws FORMAT_MALFORMED, FORMAT_TRUNCATED, FORMAT_LIMIT.
 */
export class Flatbuffer {
  readonly source: ByteSource
  readonly #fail: Failures
  readonly #read: (at: number, length: number) => Promise<Uint8Array>
  #tables = 0
  #content = 0

  constructor(source: ByteSource, fail: Failures) {
    this.source = source
    this.#fail = fail
    this.#read = blockReader(source)
  }

  /** The root table, behind a file identifier of four letters. */
  async root(identifier: string): Promise<Table> {
    const head = await this.#view(0, 8, 'the header')
    const found = String.fromCharCode(...[4, 5, 6, 7].map(i => head.getUint8(i)))
    if (found !== identifier)
      throw this.#fail.malformed(
        { name: this.source.name, offset: 4 },
        `the identifier ${JSON.stringify(found)} is not '${identifier}'`,
      )
    return this.table(head.getUint32(0, true))
  }

  /** The table at a position. */
  async table(at: number): Promise<Table> {
    if (++this.#tables > MAX_TABLES) throw this.#fail.limit(this.#place(at), `more than ${MAX_TABLES} tables`)
    const back = (await this.#view(at, 4, 'a table')).getInt32(0, true)
    const vtable = at - back
    const sizes = await this.#view(vtable, 4, "a table's layout")
    const [length, size] = [sizes.getUint16(0, true), sizes.getUint16(2, true)]
    if (length < 4 || length % 2 !== 0 || size < 4)
      throw this.#fail.malformed(this.#place(vtable), `a table's layout has ${length} bytes, for ${size}`)
    const fields = await this.#view(vtable + 4, length - 4, "a table's layout")
    return { at, fields, size }
  }

  async scalar(table: Table, slot: number, kind: Scalar, fallback = 0): Promise<number> {
    const bytes = SCALAR_BYTES[kind]
    const at = this.#field(table, slot, bytes)
    if (at === undefined) return fallback
    const view = await this.#view(at, bytes, 'a field')
    switch (kind) {
      case 'int8':
        return view.getInt8(0)
      case 'uint8':
        return view.getUint8(0)
      case 'int32':
        return view.getInt32(0, true)
      case 'uint32':
        return view.getUint32(0, true)
      case 'uint64':
        return Number(view.getBigUint64(0, true))
      case 'float32':
        return view.getFloat32(0, true)
    }
  }

  /** The table that a field points at. */
  async child(table: Table, slot: number): Promise<Table | undefined> {
    const at = await this.#pointer(table, slot)
    return at === undefined ? undefined : this.table(at)
  }

  /** The vector that a field points at, of elements of `itemBytes` each. */
  async vector(table: Table, slot: number, itemBytes: number): Promise<Vector | undefined> {
    const at = await this.#pointer(table, slot)
    if (at === undefined) return undefined
    const length = (await this.#view(at, 4, 'a vector')).getUint32(0, true)
    const left = this.source.size - at - 4
    if (length * itemBytes > left)
      throw this.#fail.truncated(
        this.#place(at),
        `a vector of ${length} elements needs ${length * itemBytes} bytes, and ${left} are left`,
      )
    return { start: at + 4, length }
  }

  /** Bytes of a vector; counted. */
  async content({ start, length }: Vector, itemBytes: number): Promise<DataView> {
    this.#content += length * itemBytes
    if (this.#content > MAX_CONTENT_BYTES)
      throw this.#fail.limit(
        this.#place(start),
        `strings and vectors of more than ${MAX_CONTENT_BYTES} bytes`,
      )
    return this.#view(start, length * itemBytes, 'a vector')
  }

  async text(table: Table, slot: number): Promise<string | undefined> {
    const vector = await this.vector(table, slot, 1)
    if (!vector) return undefined
    if (vector.length > MAX_STRING_BYTES)
      throw this.#fail.limit(this.#place(vector.start), `a text of ${vector.length} bytes`)
    const view = await this.content(vector, 1)
    return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString()
  }

  async int32s(table: Table, slot: number): Promise<number[] | undefined> {
    const vector = await this.vector(table, slot, 4)
    if (!vector) return undefined
    const view = await this.content(vector, 4)
    return Array.from({ length: vector.length }, (_, i) => view.getInt32(i * 4, true))
  }

  /** Positions of the tables of a vector. */
  async tables(table: Table, slot: number): Promise<number[]> {
    const vector = await this.vector(table, slot, 4)
    if (!vector) return []
    const view = await this.content(vector, 4)
    return Array.from({ length: vector.length }, (_, i) => vector.start + i * 4 + view.getUint32(i * 4, true))
  }

  async #pointer(table: Table, slot: number): Promise<number | undefined> {
    const at = this.#field(table, slot, 4)
    if (at === undefined) return undefined
    return at + (await this.#view(at, 4, 'a pointer')).getUint32(0, true)
  }

  #field({ at, fields, size }: Table, slot: number, bytes: number): number | undefined {
    const offset = slot * 2 < fields.byteLength ? fields.getUint16(slot * 2, true) : 0
    if (offset === 0) return undefined
    if (offset + bytes > size)
      throw this.#fail.malformed(this.#place(at), `field ${slot} is at ${offset} of a table of ${size} bytes`)
    return at + offset
  }

  async #view(at: number, length: number, what: string): Promise<DataView> {
    if (at < 0) throw this.#fail.malformed(this.#place(0), `${what} is before the file`)
    if (at + length > this.source.size)
      throw this.#fail.truncated(
        this.#place(at),
        `${what} of ${length} bytes reaches beyond the file's ${this.source.size}`,
      )
    const bytes = await this.#read(at, length)
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  #place(offset: number): { name: string; offset: number } {
    return { name: this.source.name, offset }
  }
}
