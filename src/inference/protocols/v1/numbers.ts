import type { Dtype } from '../../../core/index.ts'
import { MAX_DEPTH } from '../limits.ts'
import { NumberReader } from '../oip/json-number.ts'
import { refuse } from '../refuse.ts'

const [SPACE, QUOTE, COMMA, MINUS, ZERO, NINE] = [0x20, 0x22, 0x2c, 0x2d, 0x30, 0x39]
const [OPEN, CLOSE, OPEN_OBJECT, UPPER_I, UPPER_N, LOWER_A, LOWER_Z] = [
  0x5b, 0x5d, 0x7b, 0x49, 0x4e, 0x61, 0x7a,
]
const FIRST_ELEMENTS = 256
const INFINITY = Buffer.from('Infinity')
const NAN = Buffer.from('NaN')

/**
 * Gathers JSON values, each a number or a nested array of numbers, whose shape nobody told: the nesting tells it, and
 * all values must have the same. Memory grows with what was read.
 */
export class NumberValues extends NumberReader {
  readonly #name: string
  readonly #single: boolean
  #data: Float32Array | Float64Array
  #filled = 0
  /** Elements of the arrays at each depth, from 1; undefined until the first of them is closed. */
  readonly #sizes: (number | undefined)[] = []
  /** How deep numbers stand; undefined before the first. */
  #leaf: number | undefined

  constructor(bytes: Buffer, name: string, dtype: Dtype) {
    super(bytes, 0, dtype)
    this.#name = name
    this.#single = dtype === 'float32'
    this.#data = this.#memory(FIRST_ELEMENTS)
  }

  /** Of each value. */
  get shape(): readonly number[] {
    return this.#sizes.slice(1).map(size => size ?? 0)
  }

  get data(): Float32Array | Float64Array {
    return this.#data.subarray(0, this.#filled)
  }

  /**
   * Reads the value at `at`; returns the offset behind it. Undefined where it holds something that is no number: the
   * caller reads it another way. NaN, Infinity and -Infinity are numbers here, as TensorFlow Serving has it.
   * Throws REQUEST_INVALID for arrays of different sizes.
   */
  add(at: number): number | undefined {
    this.at = at
    const { bytes } = this
    const counts: number[] = []
    let depth = 0
    let open = true
    do {
      const byte = bytes[this.at]
      if (byte === undefined) throw refuse('The JSON ends inside a value')
      if (byte <= SPACE) {
        this.at++
        continue
      }
      if (byte === COMMA) {
        if (open || depth === 0) throw this.unexpected()
        open = true
        this.at++
      } else if (byte === OPEN) {
        if (!open || depth >= MAX_DEPTH) throw this.unexpected()
        if (this.#leaf !== undefined && depth >= this.#leaf)
          throw this.#ragged('an array where numbers stood before')
        counts[depth]!++
        counts[++depth] = 0
        this.at++
      } else if (byte === CLOSE) {
        if (depth === 0 || (open && this.before() !== OPEN)) throw this.unexpected()
        open = false
        this.at++
        this.#close(depth, counts[depth--]!)
      } else if (isNumber(byte)) {
        if (!open) throw this.unexpected()
        this.#put(byte, depth)
        counts[depth]!++
        open = false
      } else if (isOther(byte)) return undefined
      else throw this.unexpected()
    } while (depth > 0 || open)
    return this.at
  }

  #special(): number {
    const negative = this.bytes[this.at] === MINUS
    const from = negative ? this.at + 1 : this.at
    const [text, value] =
      this.bytes[from] === UPPER_N ? [NAN, Number.NaN] : [INFINITY, Number.POSITIVE_INFINITY]
    if (
      this.bytes.compare(text, 0, text.length, from, Math.min(from + text.length, this.bytes.length)) !== 0
    ) {
      throw this.unexpected()
    }
    this.at = from + text.length
    return negative ? -value : value
  }

  #put(byte: number, depth: number): void {
    this.#leaf ??= depth
    if (depth !== this.#leaf) throw this.#ragged('a number where arrays stood before')
    if (this.#filled === this.#data.length) {
      const larger = this.#memory(Math.ceil(this.#filled * 1.5))
      larger.set(this.#data)
      this.#data = larger
    }
    const special = byte > NINE || (byte === MINUS && this.bytes[this.at + 1] === UPPER_I)
    if (special) this.#data[this.#filled++] = this.#special()
    else this.number(this.#data, this.#filled++)
  }

  #close(depth: number, count: number): void {
    const size = this.#sizes[depth]
    if (size === undefined) this.#sizes[depth] = count
    else if (size !== count) throw this.#ragged(`an array of size ${count} where others have ${size}`)
  }

  #memory(elements: number): Float32Array | Float64Array {
    return this.#single ? new Float32Array(elements) : new Float64Array(elements)
  }

  #ragged(found: string): Error {
    return refuse(
      `The values of '${this.#name}' are ragged: ${found}, before byte ${this.at}`,
      'All arrays of one depth must have the same size.',
    )
  }
}

function isNumber(byte: number): boolean {
  return byte === MINUS || (byte >= ZERO && byte <= NINE) || byte === UPPER_N || byte === UPPER_I
}

/** The beginning of a text, an object, true, false or null. */
function isOther(byte: number): boolean {
  return byte === QUOTE || byte === OPEN_OBJECT || (byte >= LOWER_A && byte <= LOWER_Z)
}
