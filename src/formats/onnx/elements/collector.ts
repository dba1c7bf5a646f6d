import { PIECE_BYTES } from '../../ports.ts'
import { malformed } from '../limits.ts'
import type { TensorProto } from '../read/proto.ts'

/** Gathers values of a fixed width into pieces, and holds their number against the tensor's shape. */
export class Collector {
  readonly #tensor: TensorProto
  readonly #expected: number
  readonly #width: number
  readonly #sixBits: boolean
  readonly #capacity: number
  #piece: Uint8Array
  #filled = 0
  #held = 0

  constructor(tensor: TensorProto, values: number, width: number, sixBits: boolean) {
    this.#tensor = tensor
    this.#expected = values
    this.#width = width
    this.#sixBits = sixBits
    // Four six-bit values become three bytes.
    this.#capacity = Math.min(PIECE_BYTES, Math.max(values, 4) * width)
    this.#piece = new Uint8Array(this.#capacity)
  }

  get full(): boolean {
    return this.#filled === this.#capacity
  }

  /** Bytes that still fit. */
  get room(): number {
    return this.#capacity - this.#filled
  }

  /** Values as they stand. */
  bytes(bytes: Uint8Array): void {
    this.#held += bytes.byteLength / this.#width
    if (this.#held > this.#expected) throw this.#miscounted('more')
    this.#piece.set(bytes, this.#filled)
    this.#filled += bytes.byteLength
  }

  value(value: bigint): void {
    this.#put(Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn))
  }

  /** A varint at `at`; gives where the next one begins, or −1 where this one is cut off. */
  varint(bytes: Uint8Array, at: number): number {
    let [low, high] = [0, 0]
    for (let i = 0; i < 10; i++) {
      const byte = bytes[at + i]
      if (byte === undefined) return -1
      const bits = byte & 0x7f
      if (i < 4) low |= bits << (7 * i)
      else if (i === 4) {
        low |= bits << 28
        high = bits >>> 4
      } else if (i < 9) high |= bits << (7 * i - 32)
      else high |= (bits & 1) << 31
      if (byte < 0x80) {
        this.#put(low >>> 0, high >>> 0)
        return at + i + 1
      }
    }
    throw malformed(`The tensor '${this.#tensor.name}' has a number beyond 64 bits`)
  }

  /** What is gathered, for the reader to give. */
  take(): Uint8Array {
    const piece = this.#piece.subarray(0, this.#filled)
    const left = Math.max(0, this.#expected - this.#held)
    this.#piece = new Uint8Array(Math.min(this.#capacity, Math.max(left, 4) * this.#width))
    this.#filled = 0
    return this.#sixBits ? packSixBits(piece) : piece
  }

  *end(): Generator<Uint8Array, void> {
    if (this.#held !== this.#expected) throw this.#miscounted(String(this.#held))
    if (this.#filled > 0) yield this.take()
  }

  #put(low: number, high: number): void {
    if (++this.#held > this.#expected) throw this.#miscounted('more')
    const piece = this.#piece
    for (let i = 0; i < this.#width; i++) {
      piece[this.#filled++] = i < 4 ? low >>> (8 * i) : high >>> (8 * (i - 4))
    }
  }

  #miscounted(held: string): Error {
    const { name, shape } = this.#tensor
    return malformed(
      `The tensor '${name}' of shape [${shape.join(', ')}] needs ${this.#expected} values in its fields, and has ${held}`,
    )
  }
}

/** Four values of six bits in three bytes, from the lowest bits. */
function packSixBits(values: Uint8Array): Uint8Array {
  const packed = new Uint8Array(Math.ceil((values.byteLength * 6) / 8))
  for (let i = 0; i < values.byteLength; i++) {
    const bit = 6 * i
    const word = (values[i]! & 0x3f) << (bit % 8)
    packed[bit >> 3]! |= word
    if (word > 0xff) packed[(bit >> 3) + 1]! |= word >> 8
  }
  return packed
}
