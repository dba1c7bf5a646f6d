import type { Cursor } from './cursor.ts'
import {
  ARRAY_SHOWN,
  fail,
  MAX_ARRAY_DEPTH,
  MAX_ARRAY_KEPT,
  MAX_ARRAYS,
  MAX_KEPT_BYTES,
  MAX_STRING_BYTES,
} from './limits.ts'

/** gguf_metadata_value_type, by its number. */
export const VALUE_TYPES = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'bool',
  'string',
  'array',
  'uint64',
  'int64',
  'float64',
] as const
export type ValueType = (typeof VALUE_TYPES)[number]
export type NumberType = Exclude<ValueType, 'bool' | 'string' | 'array'>

export interface GgufText {
  readonly text: string
  /** Bytes in the file. */
  readonly bytes: number
  /** Of its first byte. */
  readonly offset: number
  /** Only the first MAX_STRING_BYTES were read. */
  readonly cut: boolean
}

export interface GgufArray {
  readonly items: ValueType
  readonly length: number
  /** All elements, or the first ones of a long array. */
  readonly first: readonly GgufValue[]
}

export type GgufValue =
  | { readonly type: NumberType; readonly value: number | bigint }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: GgufText }
  | { readonly type: 'array'; readonly value: GgufArray }

type ReadNumber = (view: DataView, at: number, littleEndian: boolean) => number | bigint

export const NUMBERS: Readonly<Record<NumberType, readonly [bytes: number, read: ReadNumber]>> = {
  uint8: [1, (view, at) => view.getUint8(at)],
  int8: [1, (view, at) => view.getInt8(at)],
  uint16: [2, (view, at, little) => view.getUint16(at, little)],
  int16: [2, (view, at, little) => view.getInt16(at, little)],
  uint32: [4, (view, at, little) => view.getUint32(at, little)],
  int32: [4, (view, at, little) => view.getInt32(at, little)],
  float32: [4, (view, at, little) => view.getFloat32(at, little)],
  uint64: [8, (view, at, little) => view.getBigUint64(at, little)],
  int64: [8, (view, at, little) => view.getBigInt64(at, little)],
  float64: [8, (view, at, little) => view.getFloat64(at, little)],
}

const DECODER: InstanceType<typeof TextDecoder> = new TextDecoder()

/** Reads metadata values, within what one file may make us keep and walk. */
export class ValueReader {
  readonly #cursor: Cursor
  #kept = 0
  #arrays = 0

  constructor(cursor: Cursor) {
    this.#cursor = cursor
  }

  async value(): Promise<GgufValue> {
    return this.#value(await this.#type(), 0)
  }

  async #type(): Promise<ValueType> {
    const { place } = this.#cursor
    const number = await this.#cursor.uint32('the type of a value')
    const type = VALUE_TYPES[number]
    if (!type) throw fail.malformed(place, `a value of the type ${number}; there are 0 to 12`)
    return type
  }

  async #value(type: ValueType, depth: number): Promise<GgufValue> {
    if (type === 'string') return { type, value: await this.#text() }
    if (type === 'array') return { type, value: await this.#array(depth) }
    if (type === 'bool') return { type, value: await this.#bool() }
    return { type, value: await this.#cursor.number(...NUMBERS[type]) }
  }

  async #bool(): Promise<boolean> {
    const { place } = this.#cursor
    const byte = await this.#cursor.uint8()
    if (byte > 1) throw fail.malformed(place, `a bool of ${byte}; it is 0 or 1`)
    return byte === 1
  }

  async #text(): Promise<GgufText> {
    const bytes = await this.#cursor.size('the length of a string')
    const { place } = this.#cursor
    this.#cursor.check(bytes, 'a string')
    const length = Math.min(bytes, MAX_STRING_BYTES)
    this.#kept += length
    if (this.#kept > MAX_KEPT_BYTES)
      throw fail.limit(place, `the strings of the metadata exceed ${MAX_KEPT_BYTES} bytes`)
    const text = DECODER.decode(await this.#cursor.bytes(length, 'a string'))
    this.#cursor.skip(bytes - length, 'a string')
    return { text, bytes, offset: place.offset, cut: length < bytes }
  }

  async #array(depth: number): Promise<GgufArray> {
    const items = await this.#type()
    const { place } = this.#cursor
    const length = await this.#cursor.size('the length of an array')
    if (depth === MAX_ARRAY_DEPTH) throw fail.limit(place, `arrays more than ${MAX_ARRAY_DEPTH} deep`)
    if (++this.#arrays > MAX_ARRAYS) throw fail.limit(place, `more than ${MAX_ARRAYS} arrays`)
    // Within 2^53 times 12; such a product is no longer exact, and far beyond any file.
    this.#cursor.check(length * leastBytes(items), `an array of ${length} elements`)
    const shown = length <= MAX_ARRAY_KEPT ? length : ARRAY_SHOWN
    const first: GgufValue[] = []
    while (first.length < shown) first.push(await this.#value(items, depth + 1))
    await this.#skip(items, length - shown, depth + 1)
    return { items, length, first }
  }

  async #skip(items: ValueType, count: number, depth: number): Promise<void> {
    if (items === 'string') await this.#cursor.skipStrings(count)
    else if (items === 'array') for (let i = 0; i < count; i++) await this.#array(depth)
    else this.#cursor.skip(count * leastBytes(items), 'an array')
  }
}

/** Bytes of a number, and the least that strings and arrays take. */
function leastBytes(type: ValueType): number {
  if (type === 'string') return 8
  if (type === 'array') return 12
  return type === 'bool' ? 1 : NUMBERS[type][0]
}
