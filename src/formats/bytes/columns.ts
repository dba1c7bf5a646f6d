import { PIECE_BYTES } from '../ports.ts'

/** What a column of text holds, when all of its cells are looked at. */
export type ColumnKind = 'bool' | 'int64' | 'float64' | 'string' | 'object'

/** Fixed-width values on their way to little-endian pieces. */
export class Packer {
  readonly #view: DataView
  readonly #bytes: Uint8Array
  readonly #kind: 'bool' | 'int64' | 'float64'
  #at = 0

  constructor(kind: 'bool' | 'int64' | 'float64') {
    this.#kind = kind
    this.#bytes = new Uint8Array(PIECE_BYTES)
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** Takes a value; gives a piece once it is full. */
  push(value: number | bigint): Uint8Array | undefined {
    if (this.#kind === 'float64') this.#view.setFloat64(this.#at, Number(value), true)
    else if (this.#kind === 'int64') this.#view.setBigInt64(this.#at, BigInt(value), true)
    else this.#bytes[this.#at] = Number(value)
    this.#at += this.#kind === 'bool' ? 1 : 8
    return this.#at === PIECE_BYTES ? this.rest() : undefined
  }

  /** What is left; empty where nothing is. */
  rest(): Uint8Array {
    const piece = this.#bytes.slice(0, this.#at)
    this.#at = 0
    return piece
  }
}

/** The narrowest kind that takes both; `undefined` is a column of which nothing is known yet. */
export function widest(a: ColumnKind | undefined, b: ColumnKind | undefined): ColumnKind | undefined {
  if (a === undefined || a === b) return b
  if (b === undefined) return a
  const numbers = (a === 'int64' || a === 'float64') && (b === 'int64' || b === 'float64')
  if (numbers) return 'float64'
  return a === 'object' || b === 'object' ? 'object' : 'string'
}
