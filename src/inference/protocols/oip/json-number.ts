import type { Dtype } from '../../../core/index.ts'
import { refuse } from '../refuse.ts'

const [PLUS, MINUS, DOT, ZERO, NINE, UPPER_E, LOWER_E] = [0x2b, 0x2d, 0x2e, 0x30, 0x39, 0x45, 0x65]
/** Powers of ten that a double holds exactly. */
const POWERS: Float64Array = Float64Array.from({ length: 23 }, (_, i) => 10 ** i)
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

  /** `dtype`: what the numbers become. */
  constructor(bytes: Buffer, at: number, dtype: Dtype) {
    this.bytes = bytes
    this.at = at
    this.#single = dtype === 'float32'
    this.#beyond = BEYOND[dtype] ?? Number.POSITIVE_INFINITY
  }

  /** The number at `at`, which it leaves behind it. Throws REQUEST_INVALID for one that its type has not. */
  protected number(): number {
    const start = this.at
    const value = this.#read()
    if (value < this.#beyond && value > -this.#beyond) return value
    const text = this.bytes.toString('latin1', start, Math.min(this.at, start + 40))
    throw refuse(`${text} is too large for its datatype, at byte ${start}`, 'It would become infinite.')
  }

  #read(): number {
    const bytes = this.bytes
    const start = this.at
    let at = start
    const negative = bytes[at] === MINUS
    if (negative) at++
    let mantissa = 0
    let digits = 0
    let power = 0
    const first = at
    for (let byte = bytes[at]!; byte >= ZERO && byte <= NINE; byte = bytes[++at]!) {
      mantissa = mantissa * 10 + (byte - ZERO)
      if (mantissa > 0) digits++
    }
    if (at === first || (bytes[first] === ZERO && at > first + 1)) throw this.unexpected()
    if (bytes[at] === DOT) {
      const point = ++at
      for (let byte = bytes[at]!; byte >= ZERO && byte <= NINE; byte = bytes[++at]!) {
        mantissa = mantissa * 10 + (byte - ZERO)
        if (mantissa > 0) digits++
      }
      if (at === point) throw this.unexpected()
      power = point - at
    }
    if (bytes[at] === LOWER_E || bytes[at] === UPPER_E) {
      at++
      const sign = bytes[at]
      if (sign === MINUS || sign === PLUS) at++
      const from = at
      let exponent = 0
      for (let byte = bytes[at]!; byte >= ZERO && byte <= NINE; byte = bytes[++at]!) {
        if (exponent < 10_000) exponent = exponent * 10 + (byte - ZERO)
      }
      if (at === from) throw this.unexpected()
      power += sign === MINUS ? -exponent : exponent
    }
    this.at = at
    const value = this.#scaled(mantissa, digits, power)
    if (value !== undefined) return negative ? -value : value
    return Number(bytes.toString('latin1', start, at))
  }

  /** mantissa · 10^power, or undefined where that may not be the nearest number. */
  #scaled(mantissa: number, digits: number, power: number): number | undefined {
    if (power < -22 || power > 22 || digits > 19) return undefined
    const value = power < 0 ? mantissa / POWERS[-power]! : mantissa * POWERS[power]!
    if (digits <= 15) return value
    if (!this.#single) return undefined
    const rounded = Math.fround(value * (1 - DOUBT))
    return rounded === Math.fround(value * (1 + DOUBT)) ? rounded : undefined
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
