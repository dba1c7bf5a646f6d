import type { Dtype } from '../../../core/index.ts'
import { refuse } from '../refuse.ts'

const [PLUS, MINUS, DOT, ZERO, NINE, UPPER_E, LOWER_E] = [0x2b, 0x2d, 0x2e, 0x30, 0x39, 0x45, 0x65]
/** Powers of ten that a double holds exactly. */
const POWERS: Float64Array = Float64Array.from({ length: 23 }, (_, i) => 10 ** i)
/** Digits of a double are its own up to here: 15. */
const EXACT = 1e15
/** 19 digits. */
const MANY = 1e19
/** Above the error of a mantissa of up to 19 digits gathered in doubles (five roundings, each 2^-53). */
const DOUBT = 2 ** -49
/** From here on numbers are rounded to infinity: half a step above a type's largest. */
const BEYOND: Partial<Readonly<Record<Dtype, number>>> = {
  float16: 65_520,
  bfloat16: (2 - 2 ** -8) * 2 ** 127,
  float32: (2 - 2 ** -24) * 2 ** 127,
}

/**
 * Reads JSON's numbers from bytes. The result is what JSON.parse gives, rounded to the target's type: up to 15 digits
 * and a power of ten up to 22 are exact in one operation; longer ones are taken as they come where the doubt is too
 * small to change the float32, else by the slow way.
 */
export class NumberReader {
  protected readonly bytes: Buffer
  protected at: number
  readonly #single: boolean
  readonly #beyond: number
  /** Below, a number without an exponent is its digits, and needs no other look. */
  readonly #short: number

  /** `dtype`: what the numbers become. */
  constructor(bytes: Buffer, at: number, dtype: Dtype) {
    this.bytes = bytes
    this.at = at
    this.#single = dtype === 'float32'
    this.#beyond = BEYOND[dtype] ?? Number.POSITIVE_INFINITY
    this.#short = Math.min(EXACT, this.#beyond)
  }

  /**
   * Reads the number at `at`, leaves it behind, and puts it into `target`: a double that a function returns takes
   * memory of its own. This is the way of short numbers, small enough to become part of its caller. Throws
   * REQUEST_INVALID for what is no number, or one that its type has not.
   */
  protected number(target: Float32Array | Float64Array, place: number): void {
    const { bytes } = this
    let at = this.at
    let byte = bytes[at]!
    if (byte === MINUS) byte = bytes[++at]!
    const first = at
    let mantissa = 0
    while (byte >= ZERO && byte <= NINE) {
      mantissa = mantissa * 10 + (byte - ZERO)
      byte = bytes[++at]!
    }
    const point = at
    if (byte === DOT) {
      byte = bytes[++at]!
      while (byte >= ZERO && byte <= NINE) {
        mantissa = mantissa * 10 + (byte - ZERO)
        byte = bytes[++at]!
      }
    }
    if (
      mantissa >= this.#short ||
      at - point > 22 ||
      (byte | 0x20) === LOWER_E ||
      this.#odd(first, point, at)
    ) {
      this.#long(target, place, mantissa, first, point, at)
      return
    }
    if (at > point) mantissa /= POWERS[at - point - 1]!
    target[place] = bytes[this.at] === MINUS ? -mantissa : mantissa
    this.at = at
  }

  /** Whether the digits from `first` on, with a point at `point`, are none of JSON: `.5`, `1.`, `01`. */
  #odd(first: number, point: number, end: number): boolean {
    return point === first || end === point + 1 || (point > first + 1 && this.bytes[first] === ZERO)
  }

  /** Of many digits, with an exponent, or none at all; `mantissa` is what its digits gave so far. */
  #long(
    target: Float32Array | Float64Array,
    place: number,
    mantissa: number,
    first: number,
    point: number,
    end: number,
  ): void {
    const start = this.at
    if (this.#odd(first, point, end)) throw this.unexpected()
    this.at = end
    const exponent = this.bytes[end] === LOWER_E || this.bytes[end] === UPPER_E ? this.#exponent() : 0
    const power = exponent - Math.max(0, end - point - 1)
    if (mantissa >= (this.#single ? MANY : EXACT) || power < -22 || power > 22) {
      target[place] = this.#slowly(start)
      return
    }
    const value = power < 0 ? mantissa / POWERS[-power]! : mantissa * POWERS[power]!
    if (mantissa >= EXACT && Math.fround(value * (1 - DOUBT)) !== Math.fround(value * (1 + DOUBT))) {
      target[place] = this.#slowly(start)
    } else if (value >= this.#beyond) throw this.#tooLarge(start)
    else target[place] = this.bytes[start] === MINUS ? -value : value
  }

  /** Of the `e` at `at`. */
  #exponent(): number {
    const { bytes } = this
    const sign = bytes[++this.at]
    if (sign === MINUS || sign === PLUS) this.at++
    const from = this.at
    let exponent = 0
    for (let byte = bytes[this.at]!; byte >= ZERO && byte <= NINE; byte = bytes[++this.at]!) {
      if (exponent < 10_000) exponent = exponent * 10 + (byte - ZERO)
    }
    if (this.at === from) throw this.unexpected()
    return sign === MINUS ? -exponent : exponent
  }

  /** By all its digits. */
  #slowly(start: number): number {
    const value = Number(this.bytes.toString('latin1', start, this.at))
    if (value < this.#beyond && value > -this.#beyond) return value
    throw this.#tooLarge(start)
  }

  #tooLarge(start: number): Error {
    const text = this.bytes.toString('latin1', start, Math.min(this.at, start + 40))
    return refuse(`${text} is too large for its datatype, at byte ${start}`, 'It would become infinite.')
  }

  /** The byte before `at` that is no white space. */
  protected before(): number {
    let at = this.at - 1
    while (this.bytes[at]! <= 0x20) at--
    return this.bytes[at]!
  }

  protected unexpected(): Error {
    const found = JSON.stringify(this.bytes.toString('latin1', this.at, this.at + 10))
    return refuse(
      `Expected numbers in data, found ${found} at byte ${this.at}`,
      'JSON has no NaN and no Infinity: send them as binary data, or by gRPC.',
    )
  }
}
