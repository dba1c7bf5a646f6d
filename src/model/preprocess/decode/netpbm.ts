import type { Pixels } from '../pixels.ts'
import { halfToEven } from '../resize/rounding.ts'
import { overLines } from '../turns.ts'
import { ImageFault, type Picture } from './picture.ts'

/** More digits than any size or value has. */
const MAX_DIGITS = 9
/** White space and comments before a number. Bounds what is done without a stop. */
const MAX_SPACE = 65_536
const KINDS = {
  P1: { channels: 1, bits: true, text: true },
  P2: { channels: 1, bits: false, text: true },
  P3: { channels: 3, bits: false, text: true },
  P4: { channels: 1, bits: true, text: false },
  P5: { channels: 1, bits: false, text: false },
  P6: { channels: 3, bits: false, text: false },
} as const
type Kind = (typeof KINDS)[keyof typeof KINDS]

/** PBM, PGM or PPM, as text or binary, with values up to 65,535. Throws ImageFault. */
export function openNetpbm(bytes: Buffer): Picture {
  const magic = bytes.toString('latin1', 0, 2)
  if (!isMagic(magic)) throw new ImageFault(`it begins with ${JSON.stringify(magic)}`)
  const kind = KINDS[magic]
  const words = new Words(bytes, 2)
  const [width, height] = [words.number(), words.number()]
  const most = kind.bits ? 1 : words.number()
  if (width < 1 || height < 1) throw new ImageFault(`it has ${width} × ${height} pixels`)
  if (most < 1 || most > 65_535) throw new ImageFault(`its largest value is ${most}`)
  const count = width * height * kind.channels
  const stored = kind.bits ? Math.ceil(width / 8) * height : count * (most > 255 ? 2 : 1)
  // As text a value takes a digit at least. The header ends with one byte of space.
  const from = words.at + 1
  if (bytes.length - (kind.text ? words.at : from) < (kind.text ? count : stored)) {
    throw new ImageFault('its pixels are cut off')
  }
  return {
    width,
    height,
    *decode() {
      const data = new Uint8Array(count)
      const row = width * kind.channels
      yield* overLines(height, row * 4, (first, end) => {
        const part = data.subarray(first * row, end * row)
        if (kind.text) readText(words, kind, most, part)
        else if (kind.bits) readBits(bytes, from + first * Math.ceil(width / 8), width, part)
        else readValues(bytes, from + first * row * (most > 255 ? 2 : 1), most, part)
      })
      return { width, height, channels: kind.channels, data } satisfies Pixels
    },
  }
}

function isMagic(magic: string): magic is keyof typeof KINDS {
  return Object.hasOwn(KINDS, magic)
}

function readText(words: Words, kind: Kind, most: number, data: Uint8Array): void {
  for (let i = 0; i < data.length; i++)
    data[i] = kind.bits ? 255 - words.bit() * 255 : scaled(words.number(), most)
}

/** One is black. Rows begin with a byte of their own. */
function readBits(bytes: Buffer, from: number, width: number, data: Uint8Array): void {
  const stride = Math.ceil(width / 8)
  for (let i = 0; i < data.length; i++) {
    const x = i % width
    const byte = bytes[from + Math.floor(i / width) * stride + (x >> 3)]!
    data[i] = (byte >> (7 - (x & 7))) & 1 ? 0 : 255
  }
}

function readValues(bytes: Buffer, from: number, most: number, data: Uint8Array): void {
  for (let i = 0; i < data.length; i++) {
    data[i] = scaled(most > 255 ? bytes.readUInt16BE(from + 2 * i) : bytes[from + i]!, most)
  }
}

function scaled(value: number, most: number): number {
  return most === 255 ? Math.min(value, 255) : Math.min(255, halfToEven((value / most) * 255))
}

/** Decimal numbers between white space and comments. */
class Words {
  /** Behind the last word. */
  at: number
  readonly #bytes: Buffer

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  number(): number {
    this.#skip()
    let value = 0
    const start = this.at
    for (let digit = this.#digit(); digit !== undefined; digit = this.#digit()) {
      value = value * 10 + digit
      this.at++
      if (this.at - start > MAX_DIGITS) throw new ImageFault('it has a number with too many digits')
    }
    if (this.at === start) throw new ImageFault(`it has no number at byte ${start}`)
    return value
  }

  /** 0 or 1; these need no space between them. */
  bit(): number {
    this.#skip()
    const digit = this.#digit()
    if (digit === undefined || digit > 1) throw new ImageFault(`it has neither 0 nor 1 at byte ${this.at}`)
    this.at++
    return digit
  }

  #digit(): number | undefined {
    const byte = this.#bytes[this.at]
    return byte !== undefined && byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : undefined
  }

  #skip(): void {
    const end = this.at + MAX_SPACE
    let comment = false
    for (; this.at < end; this.at++) {
      const byte = this.#bytes[this.at]
      if (byte === undefined) return
      if (byte === 0x23) comment = true
      else if (byte === 0x0a) comment = false
      else if (!comment && byte !== 0x20 && (byte < 9 || byte > 13)) return
    }
    throw new ImageFault(`it has more than ${MAX_SPACE} bytes without a number`)
  }
}
