import { fail } from './limits.ts'
import { NUMBERS, type NumberType, VALUE_TYPES, type ValueType } from './values.ts'
import type { GgufValueToWrite } from './write.ts'

/** Ranges of the integer types; floats take any number. */
const RANGES: Readonly<Partial<Record<NumberType, readonly [least: bigint, most: bigint]>>> = {
  uint8: [0n, 2n ** 8n - 1n],
  int8: [-(2n ** 7n), 2n ** 7n - 1n],
  uint16: [0n, 2n ** 16n - 1n],
  int16: [-(2n ** 15n), 2n ** 15n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
}

/** Collects a header, little-endian. */
export class HeaderBytes {
  readonly #parts: Uint8Array[] = []

  bytes(bytes: Uint8Array): void {
    this.#parts.push(bytes)
  }

  number(type: NumberType, value: number | bigint): void {
    const [size] = NUMBERS[type]
    const view = new DataView(new ArrayBuffer(size))
    if (type === 'float32') view.setFloat32(0, Number(value), true)
    else if (type === 'float64') view.setFloat64(0, Number(value), true)
    else {
      const integer = integerOf(type, value)
      for (let i = 0; i < size; i++) view.setUint8(i, Number((integer >> BigInt(8 * i)) & 255n))
    }
    this.bytes(new Uint8Array(view.buffer))
  }

  text(text: string): void {
    const bytes = Buffer.from(text)
    this.number('uint64', bytes.byteLength)
    this.bytes(bytes)
  }

  /** A key, or a tensor's name. */
  name(name: string, most: number): void {
    if (!name.isWellFormed() || Buffer.byteLength(name) > most)
      throw fail.malformed(
        { name: 'the header' },
        `'${name.slice(0, 200)}' can be no name of at most ${most} bytes`,
      )
    this.text(name)
  }

  value(value: GgufValueToWrite): void {
    this.#type(value.type)
    if (value.type === 'array') {
      this.#type(value.items)
      this.number('uint64', value.value.length)
      for (const item of value.value) this.#plain(value.items, item)
    } else this.#plain(value.type, value.value)
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#parts)
  }

  #type(type: ValueType): void {
    this.number('uint32', VALUE_TYPES.indexOf(type))
  }

  #plain(type: Exclude<ValueType, 'array'>, value: string | boolean | number | bigint): void {
    if (type === 'string') this.text(String(value))
    else if (type === 'bool') this.bytes(Uint8Array.of(value ? 1 : 0))
    else this.number(type, value as number | bigint)
  }
}

function integerOf(type: NumberType, value: number | bigint): bigint {
  const [least, most] = RANGES[type]!
  const integer = typeof value === 'bigint' || Number.isSafeInteger(value) ? BigInt(value) : undefined
  if (integer !== undefined && integer >= least && integer <= most) return integer
  throw fail.malformed({ name: 'the header' }, `${value} is no ${type}`)
}
